import Desk
import DeskStore
import IMAP

/// The commands of one batch on a connection, with their answers in the words of ``MarkWriteStateMachine``.
///
/// An error that leaves nothing known is put into `failure`, so that it can be thrown when the batch has ended.
struct MarkServer {
    let connection: IMAPConnection
    let keywords: MarkKeywords
    let errand: MarkErrand
    /// The link was silent for long: it is tried before anything depends on it.
    let mustTryLink: Bool

    private func isMoveOfWhatIsSeen(_ selected: Selected) -> Bool {
        guard let batch = self.errand.batch, batch.moveTo != nil, self.connection.capabilities.hasMove,
            let highest = batch.writes.last?.source.uid, let uidNext = selected.uidNext
        else { return false }
        return highest < uidNext
    }

    /// What came of opening the source.
    enum Opening {
        case opened(MarkSelection)
        case refused(MarkRefusal)
        case failed(IMAPError)
    }

    /// Opens the source for writing, unless it is.
    func select() async -> Opening {
        let name = FolderName(raw: self.errand.source.rawName)
        do {
            if let selected = self.connection.selected, selected.folder == name, !selected.isReadOnly {
                // So that the session sees what was there when the intents were recorded. A MOVE proves by COPYUID what was
                // there, and what was there when the folder was opened the session sees anyway.
                if self.mustTryLink || !self.isMoveOfWhatIsSeen(selected) { try await self.connection.noop() }
                return .opened(self.selection(selected))
            }
            return .opened(self.selection(try await self.connection.select(name, readOnly: false)))
        } catch {
            guard case .refused(let code, let text) = error.reason else { return .failed(error) }
            return .refused(MarkRefusal(reason: text, isTransient: code?.isTransient ?? false))
        }
    }

    private func selection(_ selected: Selected) -> MarkSelection {
        let named = Set(selected.permanentFlags.map { $0.lowercased() })
        let adds = self.errand.batch?.add ?? []
        let storable = adds.filter { mark in
            guard let text = self.keywords.text(mark) else { return false }
            return named.contains(text.lowercased()) || selected.allowsKeywords && !text.hasPrefix("\\")
        }
        return MarkSelection(
            uidValidity: selected.uidValidity,
            isReadOnly: selected.isReadOnly,
            storable: Set(storable)
        )
    }

    /// `shows`: the answer shall say what the flags are then, which saves a look.
    func store(
        _ uids: [UInt32],
        _ marks: [Mark],
        isAdding: Bool,
        shows: Bool,
        _ failure: inout IMAPError?
    ) async -> MarkAnswer {
        let (set, flags) = (UIDSet(uids), marks.compactMap(self.keywords.text))
        var shown: [MessageFlags] = []
        let answer = await self.answer(&failure) { () async throws(IMAPError) in
            guard shows else {
                return isAdding
                    ? try await self.connection.store(set, adding: flags)
                    : try await self.connection.store(set, removing: flags)
            }
            let result =
                isAdding
                ? try await self.connection.storeShowing(set, adding: flags)
                : try await self.connection.storeShowing(set, removing: flags)
            shown = result.shown
            return result.outcome
        }
        return answer == .done && shows ? .shown(self.flags(shown)) : answer
    }

    private func flags(_ rows: [MessageFlags]) -> [UInt32: MarkFlags] {
        Dictionary(rows.map { ($0.uid, self.keywords.read($0.flags)) }) { _, last in last }
    }

    func markDeleted(_ uids: [UInt32], _ failure: inout IMAPError?) async -> MarkAnswer {
        await self.answer(&failure) { () async throws(IMAPError) in try await self.connection.markDeleted(UIDSet(uids))
        }
    }

    func expunge(_ uids: [UInt32], _ failure: inout IMAPError?) async -> MarkAnswer {
        await self.answer(&failure) { () async throws(IMAPError) in try await self.connection.uidExpunge(UIDSet(uids)) }
    }

    func look(_ uids: [UInt32], _ failure: inout IMAPError?) async -> [UInt32: MarkFlags]? {
        do {
            return self.flags(try await self.connection.fetchFlags(UIDSet(uids)).rows)
        } catch {
            failure = error
            return nil
        }
    }

    func transfer(_ uids: [UInt32], isMove: Bool, _ failure: inout IMAPError?) async -> MarkTransfer {
        guard let destination = self.errand.destination else { return .unknown }
        // Since it was begun, another batch may have found out.
        guard !isMove || self.connection.capabilities.hasMove else { return .unsupported }
        let name = FolderName(raw: destination.rawName)
        do {
            let outcome =
                isMove
                ? try await self.connection.move(UIDSet(uids), to: name)
                : try await self.connection.copy(UIDSet(uids), to: name)
            switch outcome {
            case .confirmed(let receipt):
                return .done(
                    uidValidity: receipt.destinationUIDValidity,
                    receipt.pairs.map { MarkTransfer.Pair(source: $0.source, destination: $0.destination) }
                )
            case .refused(let refusal):
                return isMove && !self.connection.capabilities.hasMove ? .unsupported : .refused(Self.refusal(refusal))
            case .ambiguous(let error):
                failure = error
                return .unknown
            }
        } catch {
            failure = error
            return .unknown
        }
    }

    private func answer(
        _ failure: inout IMAPError?,
        _ command: () async throws(IMAPError) -> ChangeOutcome
    ) async -> MarkAnswer {
        do {
            switch try await command() {
            case .confirmed: return .done
            case .refused(let refusal): return .refused(Self.refusal(refusal))
            case .ambiguous(let error):
                failure = error
                return .unknown
            }
        } catch {
            failure = error
            return .unknown
        }
    }

    /// A destination that is gone (TRYCREATE, RFC 9051 §7.1) was there when ingestion looked: somebody renamed or deleted it,
    /// so it is not made again before ingestion knows which.
    private static func refusal(_ refusal: IMAP.Refusal) -> MarkRefusal {
        let isGone = refusal.code == .tryCreate || refusal.code == .nonexistent
        return MarkRefusal(reason: refusal.text, isTransient: refusal.isTransient || isGone)
    }
}
