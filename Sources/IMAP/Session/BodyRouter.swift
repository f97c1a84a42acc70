/// Turns what arrives during a fetch of bodies into ``BodyEvent``s, free of I/O.
///
/// Only mails that were asked for are passed on, each once. The UID may be said before or after the bytes.
struct BodyRouter {
    private enum State: Equatable {
        case between
        case passing
        /// Bytes nobody wants.
        case dropping
    }

    private let asked: UIDSet
    private let section: BodySection
    private var answered = UIDSet()
    private var state = State.between
    private var hasBegun = false

    init(asked: UIDSet, section: BodySection = .whole) {
        self.asked = asked
        self.section = section
    }

    /// Takes what was read next, and adds what it comes to; gives back a response, which is the session's to judge first.
    mutating func take(_ event: consuming ResponseReader.Event, into events: inout [BodyEvent]) -> Response? {
        switch consume event {
        case .bodyBegan(let uid, let size, let section):
            if let event = self.bodyBegan(uid: uid, size: size, section: section) { events.append(event) }
        case .bodyBytes(let bytes):
            if self.state == .passing { events.append(.bytes(MailBytes(bytes))) }
        case .bodyEnded:
            self.state = .between
        case .response(let response):
            return response
        }
        return nil
    }

    /// Bytes of a mail begin.
    private mutating func bodyBegan(uid: UInt32?, size: Int, section: BodySection) -> BodyEvent? {
        guard !self.hasBegun, section == self.section, uid.map(self.isWanted) ?? true else {
            self.state = .dropping
            return nil
        }
        self.hasBegun = true
        self.state = .passing
        return .begin(uid: uid, size: size)
    }

    /// The response around the bytes is complete.
    ///
    /// Nil where it is none of ours and belongs to nobody's fetch.
    mutating func fetchReceived(_ items: FetchedItems) -> [BodyEvent]? {
        defer { self.hasBegun = false }
        let body = items.body(of: self.section)
        guard let uid = items.uid, self.isWanted(uid) else {
            if self.hasBegun { return [.abandoned] }
            // A second answer for a mail, or one for another: its bytes were dropped, there is nothing to tell.
            return body == .absent ? nil : []
        }
        let summary = MessageSummary(items, uid: uid)
        switch body {
        case .streamed:
            guard self.hasBegun else { return [] }
            self.answered.insert(uid)
            return [.end(summary, .complete)]
        case .inline(let bytes):
            self.answered.insert(uid)
            return [.begin(uid: uid, size: bytes.count)] + (bytes.isEmpty ? [] : [.bytes(MailBytes(bytes))])
                + [.end(summary, .complete)]
        case .null:
            self.answered.insert(uid)
            return [.end(summary, .null)]
        case .absent:
            // Flags alone are news, not an answer: the size and date we asked for are missing.
            guard items.hasSize || items.hasInternalDate else { return nil }
            self.answered.insert(uid)
            return [.end(summary, .absent)]
        }
    }

    private func isWanted(_ uid: UInt32) -> Bool {
        self.asked.contains(uid) && !self.answered.contains(uid)
    }
}

extension MessageSummary {
    init(_ items: FetchedItems, uid: UInt32) {
        self.init(
            uid: uid,
            flags: items.flags,
            modSeq: items.modSeq,
            internalDate: items.internalDate,
            size: items.size,
            objectID: items.objectID,
            labels: items.labels
        )
    }
}
