import MailTransport
import NIOCore

extension IMAPConnection {
    private static let fetch = "UID FETCH"

    /// UID and flags of `set`, with MODSEQ where the folder keeps it.
    ///
    /// `changedSince` asks only for mails changed after that modification sequence (CONDSTORE), `vanished` for those gone since,
    /// too (QRESYNC); each is left out where the server cannot do it, and then all of `set` is answered.
    package func fetchFlags(
        _ set: UIDSet,
        changedSince: UInt64? = nil,
        vanished: Bool = false
    ) async throws(IMAPError) -> FlagsAnswer {
        var rows: [MessageFlags] = []
        var gone: [ClosedRange<UInt32>] = []
        var modSeqs: [UInt64] = []
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        var waiting = self.pieces(set)[...]
        while let piece = waiting.popFirst() {
            var names = self.modSeqNames
            if vanished, changedSince != nil, self.capabilities.hasQResync, self.hasModSeq {
                names = [.qresync] + names
            }
            let completion = try await self.run(
                Self.fetch,
                preferring: names,
                build: { (encoder: inout CommandEncoder, name: IMAPExtension?) throws(IMAPError) in
                    try encoder.uids(piece)
                    encoder.raw(name == nil ? "(UID FLAGS)" : "(UID FLAGS MODSEQ)")
                    if name != nil, let changedSince, changedSince > 0 {
                        encoder.raw("(CHANGEDSINCE \(changedSince)\(name == .qresync ? " VANISHED" : ""))")
                    }
                },
                collect: { response in
                    guard rows.count + gone.count < limit else {
                        isOverLimit = true
                        return true
                    }
                    switch response {
                    case .fetch(let items):
                        guard let uid = items.uid, let flags = items.flags, piece.contains(uid) else { return false }
                        rows.append(MessageFlags(uid: uid, flags: flags, modSeq: items.modSeq))
                    case .vanished(let uids, _):
                        gone += uids.ranges
                    case .condition(.ok, let text):
                        guard case .highestModSeq(let value) = text.code else { return false }
                        modSeqs.append(value)
                    default:
                        return false
                    }
                    return true
                }
            )
            if isOverLimit { throw self.poison(.limitExceeded("rows"), command: Self.fetch) }
            try self.requireOK(completion, verb: Self.fetch)
            if case .highestModSeq(let value) = completion.text.code { modSeqs.append(value) }
            waiting = Self.unanswered(piece, completion) + waiting
        }
        return FlagsAnswer(rows: rows, vanished: UIDSet(ranges: gone), highestModSeq: modSeqs.min())
    }

    /// UID, flags, date, size, and the server's own names of `set`, without the mails' bytes.
    package func fetchSummaries(_ set: UIDSet) async throws(IMAPError) -> [MessageSummary] {
        var summaries: [MessageSummary] = []
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        var waiting = self.pieces(set)[...]
        while let piece = waiting.popFirst() {
            let completion = try await self.run(
                Self.fetch,
                preferring: self.summaryNames,
                build: { (encoder: inout CommandEncoder, name: IMAPExtension?) throws(IMAPError) in
                    try encoder.uids(piece)
                    encoder.raw("(\(self.summaryItems(with: name)))")
                },
                collect: { response in
                    guard case .fetch(let items) = response, let uid = items.uid, piece.contains(uid),
                        items.hasSize || items.hasInternalDate
                    else { return false }
                    if summaries.count < limit {
                        summaries.append(MessageSummary(items, uid: uid))
                    } else {
                        isOverLimit = true
                    }
                    return true
                }
            )
            if isOverLimit { throw self.poison(.limitExceeded("rows"), command: Self.fetch) }
            try self.requireOK(completion, verb: Self.fetch)
            waiting = Self.unanswered(piece, completion) + waiting
        }
        return summaries
    }

    /// What a server left out because it answers for so many messages only, from the highest UID down (RFC 9738 §3.1).
    private static func unanswered(_ piece: UIDSet, _ completion: SessionStateMachine.Completion) -> [UIDSet] {
        guard case .messageLimit(_, lowest: let lowest?) = completion.text.code, lowest > 1 else { return [] }
        let rest = piece.intersection(UIDSet(1...(lowest - 1)))
        // One that names nothing it has answered would be asked for ever.
        return rest.isEmpty || rest == piece ? [] : [rest]
    }

    /// The bytes of every mail of `set`, in wire order, to `sink`.
    ///
    /// See ``fetchBodies(_:into:)`` with several sets.
    package func fetchBodies(_ set: UIDSet, into sink: (BodyEvent) async throws -> Void) async throws {
        try await self.fetchBodies([set], into: sink)
    }

    /// The bytes of every mail of `sets`, each set a command of its own or several, two commands under way at a time.
    ///
    /// Nothing is read while `sink` works, so the server waits with it and memory stays bounded. `sink` gets only mails that were
    /// asked for, each once. A refused command does not stop the mails already on their way: they are delivered, then the
    /// refusal is thrown. What `sink` throws comes through, and ends the connection.
    ///
    /// With `looksFirst` a NOOP goes ahead, so that mail that came since the folder was opened is there to be fetched (RFC 9051 §6.1.2).
    /// It is answered first: a server that gets both together may look for new mail after both (seen with Dovecot).
    package func fetchBodies(
        _ sets: [UIDSet],
        looksFirst: Bool = false,
        into sink: (BodyEvent) async throws -> Void
    ) async throws {
        try await self.stream.nearby {
            if looksFirst { try await self.noop() }
            try await self.fetchSections(.whole, of: sets, into: sink)
        }
    }

    /// The header of every mail of `set`, in the same way: for mails too big to be fetched, and to recognise moved ones.
    package func fetchHeaders(_ set: UIDSet, into sink: (BodyEvent) async throws -> Void) async throws {
        try await self.fetchSections(.header, of: [set], into: sink)
    }

    private func fetchSections(
        _ section: BodySection,
        of sets: [UIDSet],
        into sink: (BodyEvent) async throws -> Void
    ) async throws {
        try await self.compressIfSlow()
        self.isFetchingBodies = true
        defer { self.isFetchingBodies = false }
        var waiting = sets.flatMap { self.pieces($0) }[...]
        var router = BodyRouter(asked: sets.reduce(UIDSet()) { $0.union($1) }, section: section)
        var names = self.summaryNames[...]
        var items = self.items(names.first, section)
        var refused: [IMAPExtension] = []
        var underWay: [(tag: String, set: UIDSet, name: IMAPExtension?)] = []
        var pipeline = Pipeline()
        var events: [BodyEvent] = []
        var refusal: IMAPError?
        self.startBudget()
        while true {
            // Until the server has taken the syntax once, one command at a time.
            let kind: Pipeline.Kind = refused.isEmpty ? .fetch(items) : .barrier
            while refusal == nil, let set = waiting.first, pipeline.mayStart(kind) {
                waiting = waiting.dropFirst()
                let tag = try await self.start(Self.fetch, using: names.first) {
                    (encoder: inout CommandEncoder) throws(IMAPError) in
                    try encoder.uids(set)
                    encoder.raw("(\(items))")
                }
                pipeline.started(tag: tag, .fetch(items))
                underWay.append((tag, set, names.first))
            }
            guard !underWay.isEmpty else { break }
            var completion: SessionStateMachine.Completion?
            while completion == nil {
                let end = self.gather(&events, through: &router)
                // What came before a fault is good.
                for event in events { try await self.pour(event, into: sink) }
                events.removeAll(keepingCapacity: true)
                completion = try end.get()
                if completion == nil { try await self.receive(Self.fetch) }
            }
            guard let completion, let index = underWay.firstIndex(where: { $0.tag == completion.tag }) else { continue }
            let done = underWay.remove(at: index)
            pipeline.completed(tag: done.tag)
            self.startBudget()
            if let name = done.name, completion.refusal?.contradictsOffer == true {
                // Asked again in the next plainer form.
                waiting = [done.set] + waiting
                if names.first == name {
                    refused.append(name)
                    names = names.dropFirst()
                    items = self.items(names.first, section)
                }
                continue
            }
            do {
                try self.requireOK(completion, verb: Self.fetch)
                await self.latch(refused, verb: Self.fetch)
                refused = []
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }

    /// What a fetch of bodies asks for in the syntax of `name`.
    private func items(_ name: IMAPExtension?, _ section: BodySection) -> String {
        "\(self.summaryItems(with: name)) BODY.PEEK[\(section.path)]"
    }

    /// All that is here already, up to the end of a command: there are some five responses and pieces for each mail, and none of them
    /// is worth a wait.
    ///
    /// Never more than one read of the socket. Nil where more bytes are needed.
    @inline(never)
    private func gather(
        _ events: inout [BodyEvent],
        through router: inout BodyRouter
    ) -> Result<SessionStateMachine.Completion?, IMAPError> {
        do throws(IMAPError) {
            while let event = try self.bufferedEvent(Self.fetch) {
                guard let response = router.take(event, into: &events) else { continue }
                if let completion = try self.route(response, through: &router, into: &events) {
                    return .success(completion)
                }
            }
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    private func route(
        _ response: Response,
        through router: inout BodyRouter,
        into events: inout [BodyEvent]
    ) throws(IMAPError) -> SessionStateMachine.Completion? {
        switch try self.take(response, verb: Self.fetch) {
        case .none, .fail:
            break
        case .continueCommand:
            throw self.poison(.protocolViolation("unasked continuation"), command: Self.fetch)
        case .complete(let completion):
            return completion
        case .deliver(.fetch(let items)):
            if let routed = router.fetchReceived(items) {
                events += routed
            } else {
                try self.noteUnasked(response, verb: Self.fetch)
            }
        case .deliver(let other):
            try self.noteUnasked(other, verb: Self.fetch)
        }
        return nil
    }

    private func pour(_ event: BodyEvent, into sink: (BodyEvent) async throws -> Void) async throws {
        do {
            try await sink(event)
        } catch {
            // Bytes of this fetch are still on their way; nothing could be told apart after them.
            _ = self.poison(Task.isCancelled ? .cancelled : .connectionLost, command: Self.fetch)
            throw error
        }
    }

    /// `set` in pieces that one command may carry: by bytes, and by messages where the server names a limit (RFC 9738).
    ///
    /// Ascending and compact, as the pickiest server wants it (imap-field-notes Q51).
    package func pieces(_ set: UIDSet) -> [UIDSet] {
        set.split(maxLength: self.capabilities.longestSet, maxCount: self.capabilities.messageLimit)
    }

    /// What a ``MessageSummary`` is asked with: everything, all but the server's names, or RFC 3501 alone.
    private var summaryNames: [IMAPExtension] {
        switch self.profile.identity {
        case .objectID: [.objectID] + self.modSeqNames
        case .gmail: [.gmail] + self.modSeqNames
        case .digest: self.modSeqNames
        }
    }

    private func summaryItems(with name: IMAPExtension?) -> String {
        let plain = "UID FLAGS INTERNALDATE RFC822.SIZE"
        let known = plain + (self.hasModSeq ? " MODSEQ" : "")
        switch name {
        case .objectID: return known + " EMAILID" + (self.capabilities.hasGmail ? " X-GM-LABELS" : "")
        case .gmail: return known + " X-GM-MSGID X-GM-LABELS"
        case .condStore: return known
        default: return plain
        }
    }

    private var modSeqNames: [IMAPExtension] { self.hasModSeq ? [.condStore] : [] }

    /// Whether the selected folder keeps modification sequences.
    private var hasModSeq: Bool {
        self.capabilities.hasCondStore && self.selected?.highestModSeq != nil
    }
}
