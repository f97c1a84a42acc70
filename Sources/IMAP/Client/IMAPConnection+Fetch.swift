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
        let hasModSeq = self.hasModSeq
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        for piece in set.split() {
            let completion = try await self.run(Self.fetch) { (encoder: inout CommandEncoder) throws(IMAPError) in
                try encoder.uids(piece)
                encoder.raw(hasModSeq ? "(UID FLAGS MODSEQ)" : "(UID FLAGS)")
                if hasModSeq, let changedSince, changedSince > 0 {
                    let isVanished = vanished && self.capabilities.hasQResync
                    encoder.raw("(CHANGEDSINCE \(changedSince)\(isVanished ? " VANISHED" : ""))")
                }
            } collect: { response in
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
            if isOverLimit { throw self.poison(.limitExceeded("rows"), command: Self.fetch) }
            try self.requireOK(completion, verb: Self.fetch)
            if case .highestModSeq(let value) = completion.text.code { modSeqs.append(value) }
        }
        return FlagsAnswer(rows: rows, vanished: UIDSet(ranges: gone), highestModSeq: modSeqs.min())
    }

    /// UID, flags, date, size, and the server's own names of `set`, without the mails' bytes.
    package func fetchSummaries(_ set: UIDSet) async throws(IMAPError) -> [MessageSummary] {
        var summaries: [MessageSummary] = []
        let items = "(\(self.summaryItems))"
        let limit = self.configuration.limits.rows
        var isOverLimit = false
        for piece in set.split() {
            let completion = try await self.run(Self.fetch) { (encoder: inout CommandEncoder) throws(IMAPError) in
                try encoder.uids(piece)
                encoder.raw(items)
            } collect: { response in
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
            if isOverLimit { throw self.poison(.limitExceeded("rows"), command: Self.fetch) }
            try self.requireOK(completion, verb: Self.fetch)
        }
        return summaries
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
    package func fetchBodies(_ sets: [UIDSet], into sink: (BodyEvent) async throws -> Void) async throws {
        try await self.fetchSections("BODY.PEEK[]", of: sets, into: sink)
    }

    /// The header of every mail of `set`, in the same way: for mails too big to be fetched, and to recognise moved ones.
    package func fetchHeaders(_ set: UIDSet, into sink: (BodyEvent) async throws -> Void) async throws {
        try await self.fetchSections("BODY.PEEK[HEADER]", of: [set], into: sink)
    }

    private func fetchSections(
        _ section: String,
        of sets: [UIDSet],
        into sink: (BodyEvent) async throws -> Void
    ) async throws {
        let items = "(\(self.summaryItems) \(section))"
        var waiting = sets.flatMap { $0.split() }[...]
        var router = BodyRouter(asked: sets.reduce(UIDSet()) { $0.union($1) })
        var underWay = 0
        var refusal: IMAPError?
        self.startBudget()
        while true {
            while refusal == nil, underWay < 2, let set = waiting.popFirst() {
                _ = try await self.start(Self.fetch) { (encoder: inout CommandEncoder) throws(IMAPError) in
                    try encoder.uids(set)
                    encoder.raw(items)
                }
                underWay += 1
            }
            guard underWay > 0 else { break }
            switch try await self.nextEvent(Self.fetch) {
            case .bodyBegan(let uid, let size):
                if let event = router.bodyBegan(uid: uid, size: size) { try await self.pour(event, into: sink) }
            case .bodyBytes(var bytes):
                while bytes.readableBytes > 0 {
                    if let event = router.bodyReceived(&bytes) { try await self.pour(event, into: sink) }
                }
            case .bodyEnded:
                if let event = router.bodyEnded() { try await self.pour(event, into: sink) }
            case .response(let response):
                if let completion = try await self.route(response, through: &router, into: sink) {
                    underWay -= 1
                    self.startBudget()
                    do {
                        try self.requireOK(completion, verb: Self.fetch)
                    } catch {
                        refusal = refusal ?? error
                    }
                }
            }
        }
        if let refusal { throw refusal }
    }

    private func route(
        _ response: Response,
        through router: inout BodyRouter,
        into sink: (BodyEvent) async throws -> Void
    ) async throws -> SessionStateMachine.Completion? {
        switch try self.take(response, verb: Self.fetch) {
        case .none, .fail:
            return nil
        case .continueCommand:
            throw self.poison(.protocolViolation("unasked continuation"), command: Self.fetch)
        case .complete(let completion):
            return completion
        case .deliver(.fetch(let items)):
            guard let events = router.fetchReceived(items) else {
                try self.noteUnasked(response, verb: Self.fetch)
                return nil
            }
            for event in events { try await self.pour(event, into: sink) }
            return nil
        case .deliver(let other):
            try self.noteUnasked(other, verb: Self.fetch)
            return nil
        }
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

    /// What a ``MessageSummary`` is made of.
    private var summaryItems: String {
        var items = "UID FLAGS INTERNALDATE RFC822.SIZE"
        if self.hasModSeq { items += " MODSEQ" }
        if self.capabilities.hasObjectID { items += " EMAILID" }
        if self.capabilities.hasGmail {
            items += self.capabilities.hasObjectID ? " X-GM-LABELS" : " X-GM-MSGID X-GM-LABELS"
        }
        return items
    }

    /// Whether the selected folder keeps modification sequences.
    private var hasModSeq: Bool {
        self.capabilities.hasCondStore && self.selected?.highestModSeq != nil
    }
}
