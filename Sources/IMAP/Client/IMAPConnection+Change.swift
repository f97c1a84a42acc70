extension IMAPConnection {
    // MARK: - Flags

    /// Adds flags or keywords to every mail of `set`.
    ///
    /// Safe to repeat. The first keyword of a connection is read back: some servers say OK and forget it, and what they say of
    /// `\*` proves nothing. Then the outcome is a refusal, and keywords are latched off.
    package func store(_ set: UIDSet, adding flags: [String]) async throws(IMAPError) -> ChangeOutcome {
        let (outcome, _) = try await self.store(set, item: "+FLAGS.SILENT", flags: flags)
        return await self.proven(outcome, flags, of: set)
    }

    /// The same, and what the server shows of the mails afterwards, as far as it does.
    ///
    /// The flags of a mail that is not shown, or not with what was stored, are still to be asked for.
    package func storeShowing(
        _ set: UIDSet,
        adding flags: [String]
    ) async throws(IMAPError) -> (outcome: ChangeOutcome, shown: [MessageFlags]) {
        let (outcome, shown) = try await self.store(set, item: "+FLAGS", flags: flags)
        return (await self.proven(outcome, flags, of: set), shown)
    }

    private func proven(_ outcome: ChangeOutcome, _ flags: [String], of set: UIDSet) async -> ChangeOutcome {
        guard outcome == .confirmed, !self.hasProvenKeywords, let keyword = flags.first(where: { !$0.hasPrefix("\\") })
        else { return outcome }
        return await self.prove(keyword, of: set)
    }

    /// So many mails are read back to see whether a keyword was kept.
    private static let proofs = 10

    /// Whether `keyword`, just stored, can be read back of any mail of `set`.
    private func prove(_ keyword: String, of set: UIDSet) async -> ChangeOutcome {
        let few = set.split(maxLength: self.capabilities.longestSet, maxCount: Self.proofs)
        guard let sample = few.first else { return .confirmed }
        do throws(IMAPError) {
            // Asked twice: somebody may have taken the keyword away in between.
            for isSecond in [false, true] {
                if isSecond { try await self.noop() }
                let rows = try await self.fetchFlags(sample).rows
                // Mails that are gone prove nothing; the next keyword will.
                guard !rows.isEmpty else { return .confirmed }
                let isKept = rows.contains { row in
                    row.flags.contains { $0.lowercased() == keyword.lowercased() }
                }
                guard !isKept else {
                    self.hasProvenKeywords = true
                    return .confirmed
                }
            }
        } catch {
            return .ambiguous(error)
        }
        await self.latch(.keywords, because: "a keyword was accepted and not kept")
        return .refused(Refusal(code: .cannot, text: "the server accepts keywords and does not keep them"))
    }

    /// Removes flags or keywords from every mail of `set`.
    ///
    /// Safe to repeat.
    package func store(_ set: UIDSet, removing flags: [String]) async throws(IMAPError) -> ChangeOutcome {
        try await self.store(set, item: "-FLAGS.SILENT", flags: flags).outcome
    }

    /// The same, and what the server shows of the mails afterwards, as in ``storeShowing(_:adding:)``.
    package func storeShowing(
        _ set: UIDSet,
        removing flags: [String]
    ) async throws(IMAPError) -> (outcome: ChangeOutcome, shown: [MessageFlags]) {
        try await self.store(set, item: "-FLAGS", flags: flags)
    }

    /// Marks every mail of `set` as to be expunged.
    package func markDeleted(_ set: UIDSet) async throws(IMAPError) -> ChangeOutcome {
        try await self.store(set, adding: ["\\Deleted"])
    }

    private func store(
        _ set: UIDSet,
        item: String,
        flags: [String]
    ) async throws(IMAPError) -> (outcome: ChangeOutcome, shown: [MessageFlags]) {
        guard !flags.isEmpty else { throw IMAPError(.invalidArgument("no flags"), command: "UID STORE") }
        let limit = self.configuration.limits.rows
        var shown: [MessageFlags] = []
        let outcome = try await self.changeInPieces(set, verb: "UID STORE") {
            (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw(item)
            try encoder.flags(flags)
        } collect: { response in
            guard case .fetch(let items) = response, let uid = items.uid, let flags = items.flags, set.contains(uid)
            else { return false }
            if shown.count < limit { shown.append(MessageFlags(uid: uid, flags: flags, modSeq: items.modSeq)) }
            return true
        }
        return (outcome, shown)
    }

    /// Removes mails of `set` that are marked as deleted, and no others.
    ///
    /// Throws `.unsupported` without UIDPLUS: a bare EXPUNGE would take other clients' mail with it, and is never
    /// sent.
    package func uidExpunge(_ set: UIDSet) async throws(IMAPError) -> ChangeOutcome {
        guard self.capabilities.hasUIDPlus else { throw IMAPError(.unsupported("UIDPLUS"), command: "UID EXPUNGE") }
        return try await self.changeInPieces(set, verb: "UID EXPUNGE") { _ in }
    }

    /// One command for each piece of a long set; what was done twice was done once.
    private func changeInPieces(
        _ set: UIDSet,
        verb: String,
        arguments: (inout CommandEncoder) throws(IMAPError) -> Void,
        collect: (Response) -> Bool = { _ in false }
    ) async throws(IMAPError) -> ChangeOutcome {
        guard !set.isEmpty else { throw IMAPError(.invalidArgument("no UIDs"), command: verb) }
        var isFirst = true
        for piece in self.pieces(set) {
            let result: Result<SessionStateMachine.Completion, IMAPError>
            do {
                result = try await self.attempt(verb) { (encoder: inout CommandEncoder) throws(IMAPError) in
                    try encoder.uids(piece)
                    try arguments(&encoder)
                } collect: { response in
                    collect(response)
                }
            } catch {
                // Earlier pieces were sent, so part of it may be done.
                if isFirst { throw error }
                return .ambiguous(error)
            }
            switch self.changeOutcome(result) {
            case .confirmed:
                isFirst = false
            case .refused(let refusal):
                guard !isFirst else { return .refused(refusal) }
                return .ambiguous(IMAPError(.unproven("refused after some were changed"), command: verb))
            case .ambiguous(let error):
                return .ambiguous(error)
            }
        }
        return .confirmed
    }

    private func changeOutcome(_ result: Result<SessionStateMachine.Completion, IMAPError>) -> ChangeOutcome {
        switch result {
        case .failure(let error):
            return .ambiguous(error)
        case .success(let completion):
            return completion.refusal.map { .refused($0) } ?? .confirmed
        }
    }

    // MARK: - Places

    /// Moves mail as this server can: see ``ServerProfile/moving``.
    ///
    /// A MOVE that is offered and not understood is not used again; nothing was moved by it, so COPY follows. The set must be one of
    /// ``pieces(_:)``, so that the outcome is that of one command.
    package func moveAsOffered(_ set: UIDSet, to folder: FolderName) async throws(IMAPError) -> MoveOutcome {
        guard self.profile.moving == .move else { return try await self.moveByCopy(set, to: folder) }
        let (outcome, isUnknown) = try await self.transfer("UID MOVE", using: .move, set, to: folder)
        guard isUnknown else { return outcome }
        await self.latch(.move, because: "UID MOVE was answered with BAD")
        return try await self.moveByCopy(set, to: folder)
    }

    /// MOVE (RFC 6851).
    ///
    /// Throws `.unsupported` where it is not offered; see ``moveByCopy(_:to:)``. One that is offered and not understood is refused, and
    /// not offered any more.
    ///
    /// The set must be one of ``pieces(_:)``, so that the outcome is that of one command.
    package func move(_ set: UIDSet, to folder: FolderName) async throws(IMAPError) -> MoveOutcome {
        guard self.capabilities.hasMove else { throw IMAPError(.unsupported("MOVE"), command: "UID MOVE") }
        let (outcome, isUnknown) = try await self.transfer("UID MOVE", using: .move, set, to: folder)
        if isUnknown { await self.latch(.move, because: "UID MOVE was answered with BAD") }
        return outcome
    }

    /// COPY, with the same limits and the same proof as ``move(_:to:)``.
    package func copy(_ set: UIDSet, to folder: FolderName) async throws(IMAPError) -> MoveOutcome {
        try await self.transfer("UID COPY", set, to: folder).outcome
    }

    /// `isUnknown`: the server answered BAD, to a command that it offers.
    private func transfer(
        _ verb: String,
        using name: IMAPExtension? = nil,
        _ set: UIDSet,
        to folder: FolderName
    ) async throws(IMAPError) -> (outcome: MoveOutcome, isUnknown: Bool) {
        guard self.pieces(set).count == 1 else {
            throw IMAPError(.invalidArgument("no UIDs, or more than one command takes; split the set"), command: verb)
        }
        var codes: [ResponseCode] = []
        let result = try await self.attempt(verb, using: name) { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.uids(set)
            try encoder.folder(folder)
        } collect: { response in
            guard case .condition(.ok, let text) = response, case .copyUID = text.code, let code = text.code else {
                return false
            }
            if codes.count < 1000 { codes.append(code) }
            return true
        }
        switch result {
        case .failure(let error):
            return (.ambiguous(error), false)
        case .success(let completion):
            if case .copyUID = completion.text.code, let code = completion.text.code, !codes.contains(code) {
                codes.append(code)
            }
            let receipt = MoveReceipt.reading(codes, asked: set, limit: self.configuration.limits.pairs)
            switch (completion.condition, receipt) {
            case (.ok, let receipt?):
                return (.confirmed(receipt), false)
            case (.ok, nil):
                return (.ambiguous(IMAPError(.unproven("no usable COPYUID"), command: verb)), false)
            case (.no, nil), (.bad, nil):
                let refusal = Refusal(code: completion.text.code, text: completion.text.text)
                return (.refused(refusal), completion.condition == .bad && refusal.contradictsOffer)
            case (.no, .some), (.bad, .some):
                // A MOVE of many is not atomic: it says both what it moved and that it failed.
                return (.ambiguous(IMAPError(.unproven("refused after some were moved"), command: verb)), false)
            }
        }
    }

    /// MOVE where it is missing: COPY, proof by COPYUID, mark as deleted, UID EXPUNGE.
    ///
    /// Without proof of the copy nothing is marked. Where UIDPLUS is missing after the proof, `\Deleted` stays set. A step that
    /// fails after the copy makes the outcome ambiguous, since the mail is in both folders then.
    package func moveByCopy(_ set: UIDSet, to folder: FolderName) async throws(IMAPError) -> MoveOutcome {
        let copied = try await self.copy(set, to: folder)
        guard case .confirmed(let receipt) = copied else { return copied }
        let sources = UIDSet(receipt.pairs.map(\.source))
        do {
            let marked = try await self.markDeleted(sources)
            guard marked == .confirmed else { return self.halfMoved(marked, "copied, not marked as deleted") }
            guard self.capabilities.hasUIDPlus else { return copied }
            let expunged = try await self.uidExpunge(sources)
            guard expunged == .confirmed else { return self.halfMoved(expunged, "copied and marked, not expunged") }
            return copied
        } catch {
            return .ambiguous(error)
        }
    }

    private func halfMoved(_ outcome: ChangeOutcome, _ text: String) -> MoveOutcome {
        if case .ambiguous(let error) = outcome { return .ambiguous(error) }
        return .ambiguous(IMAPError(.unproven(text), command: "UID COPY"))
    }

    // MARK: - Folders

    /// CREATE.
    ///
    /// A folder that exists already counts as created.
    package func create(_ folder: FolderName) async throws(IMAPError) -> ChangeOutcome {
        let outcome = try await self.change(folder, verb: "CREATE")
        if case .refused(let refusal) = outcome, refusal.code == .alreadyExists { return .confirmed }
        return outcome
    }

    /// SUBSCRIBE, so that other clients show the folder.
    ///
    /// Safe to repeat.
    package func subscribe(_ folder: FolderName) async throws(IMAPError) -> ChangeOutcome {
        try await self.change(folder, verb: "SUBSCRIBE")
    }

    private func change(_ folder: FolderName, verb: String) async throws(IMAPError) -> ChangeOutcome {
        let result = try await self.attempt(verb) { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.folder(folder)
        }
        return self.changeOutcome(result)
    }

    // MARK: - New mail

    /// APPEND of one mail; `date` in µs since 1970 becomes its INTERNALDATE.
    ///
    /// Confirmed only with APPENDUID: there are servers that say OK and keep nothing. Never repeat an ambiguous one blindly. Throws
    /// `.unsupported` for a mail over the server's APPENDLIMIT, before anything is sent.
    package func append(
        _ bytes: [UInt8],
        to folder: FolderName,
        flags: [String] = [],
        date: Int64? = nil
    ) async throws(IMAPError) -> AppendOutcome {
        if let limit = self.capabilities.appendLimit, bytes.count > limit {
            throw IMAPError(.unsupported("a mail of more than \(limit) bytes (APPENDLIMIT)"), command: "APPEND")
        }
        let result = try await self.attempt("APPEND") { (encoder: inout CommandEncoder) throws(IMAPError) in
            guard !bytes.contains(0) else {
                throw IMAPError(.invalidArgument("the mail holds NUL"), command: "APPEND")
            }
            try encoder.folder(folder)
            if !flags.isEmpty { try encoder.flags(flags) }
            if let date {
                guard let text = InternalDate.format(date) else {
                    throw IMAPError(.invalidArgument("a date outside the years 1900 to 9999"), command: "APPEND")
                }
                encoder.raw("\"\(text)\"")
            }
            encoder.message(bytes)
        }
        switch result {
        case .failure(let error):
            return .ambiguous(error)
        case .success(let completion):
            if let refusal = completion.refusal { return .refused(refusal) }
            guard case .appendUID(let uidValidity, let uid) = completion.text.code else {
                return .ambiguous(IMAPError(.unproven("no APPENDUID"), command: "APPEND"))
            }
            return .confirmed(AppendReceipt(uidValidity: uidValidity, uid: uid))
        }
    }
}
