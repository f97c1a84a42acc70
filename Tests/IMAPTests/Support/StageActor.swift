import MailTransport

@testable import IMAP

/// Does with a connection what a transcript tells the client, and says in words what comes of it.
///
/// The verbs and their answers are listed in `Transcripts/README.md`.
final class StageActor {
    private let connection: IMAPConnection

    init(connection: IMAPConnection) {
        self.connection = connection
    }

    /// The lines that come of one step.
    func perform(_ step: String) async -> [String] {
        do {
            return try await self.answer(to: Words(step))
        } catch let error as IMAPError {
            return ["! " + Self.text(error.reason)]
        } catch {
            return ["! \(error)"]
        }
    }

    /// A step's verb and its arguments.
    private struct Words {
        let verb: String
        private var arguments: ArraySlice<String>

        init(_ step: String) {
            var words: [String] = []
            var isQuoted = false
            var word = ""
            for character in step {
                switch character {
                case "'": isQuoted.toggle()
                case " " where !isQuoted:
                    words.append(word)
                    word = ""
                default: word.append(character)
                }
            }
            self.verb = words.first ?? word
            self.arguments = (words + [word]).dropFirst()
        }

        mutating func next() -> String { self.arguments.popFirst() ?? "" }
        mutating func set() -> UIDSet { UIDSet(parsing: self.next()) ?? UIDSet() }
        mutating func folder() -> FolderName { FolderName(encoding: self.next()) }
        mutating func number() -> UInt64? { UInt64(self.next()) }
    }

    private func answer(to words: Words) async throws -> [String] {
        var words = words
        let connection = self.connection
        switch words.verb {
        case "open":
            try await connection.open()
            return []
        case "capabilities":
            return ["capabilities " + connection.capabilities.all.joined(separator: " ")]
        case "latches":
            return connection.profile.latches.map { "latched \($0.name.rawValue)" }
        case "exists":
            return ["exists \(connection.exists)"]
        case "identity":
            return connection.serverIdentity.sorted { $0.key < $1.key }.map { "identity \($0.key) \($0.value)" }
        case "usable":
            return [connection.isUsable ? "usable" : "unusable"]
        case "select", "examine":
            return Self.lines(try await connection.select(words.folder(), readOnly: words.verb == "examine"))
        case "resync":
            let folder = words.folder()
            let (validity, modSeq, known) = (words.number() ?? 0, words.number() ?? 0, words.set())
            let resync = QResync(
                uidValidity: UInt32(validity),
                modSeq: modSeq,
                knownUIDs: known.isEmpty ? nil : known
            )
            return Self.lines(try await connection.select(folder, readOnly: true, resync: resync))
        case "flags":
            let set = words.set()
            let since = words.next() == "since" ? words.number() : nil
            let answer = try await connection.fetchFlags(set, changedSince: since, vanished: since != nil)
            return answer.rows.map { Self.line("flags", $0) }
                + (answer.vanished.isEmpty ? [] : ["vanished \(answer.vanished)"])
                + (answer.highestModSeq.map { ["highest \($0)"] } ?? [])
        case "summaries":
            return try await connection.fetchSummaries(words.set()).map { Self.line("summary", $0) }
        case "bodies", "headers":
            return await self.fetch(words.verb, words.set())
        case "list":
            return try await connection.list().map(Self.line)
        case "list-status":
            return try await connection.listWithStatus().map(Self.line)
        case "status":
            return ["status" + Self.text(try await connection.status(words.folder()))]
        case "namespaces":
            return Self.lines(try await connection.namespaces())
        case "store":
            let set = words.set()
            let flag = words.next()
            let flags = [String(flag.dropFirst())]
            return [
                Self.text(
                    flag.hasPrefix("+")
                        ? try await connection.store(set, adding: flags)
                        : try await connection.store(set, removing: flags)
                )
            ]
        case "expunge":
            return [Self.text(try await connection.uidExpunge(words.set()))]
        case "create":
            return [Self.text(try await connection.create(words.folder()))]
        case "move":
            return [Self.text(try await connection.moveAsOffered(words.set(), to: words.folder()))]
        case "copy":
            return [Self.text(try await connection.copy(words.set(), to: words.folder()))]
        case "append":
            let folder = words.folder()
            return [Self.text(try await connection.append(Array(words.next().utf8), to: folder))]
        case "noop":
            try await connection.noop()
            return []
        case "news":
            return connection.takeUnsolicited().map(Self.text)
        case "idle":
            let end = try await connection.idle(upTo: .seconds(Int64(words.number() ?? 60)))
            return ["idled \(end)"]
        default:
            return ["? \(words.verb)"]
        }
    }

    private func fetch(_ verb: String, _ set: UIDSet) async -> [String] {
        var lines: [String] = []
        var bytes: [UInt8] = []
        func take(_ event: BodyEvent) {
            switch event {
            case .begin: bytes = []
            case .bytes(let piece): bytes.append(piece)
            case .abandoned: lines.append("abandoned")
            case .end(let summary, .complete):
                let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "|")
                lines.append(Self.line("mail", summary) + " “\(text)”")
            case .end(let summary, let state): lines.append(Self.line("\(state)", summary))
            }
        }
        do {
            if verb == "headers" {
                try await self.connection.fetchHeaders(set) { take($0) }
            } else {
                try await self.connection.fetchBodies(set) { take($0) }
            }
        } catch {
            lines.append("! " + ((error as? IMAPError).map { Self.text($0.reason) } ?? "\(error)"))
        }
        return lines
    }
}

// MARK: - In words

extension StageActor {
    static func text(_ reason: IMAPError.Reason) -> String {
        switch reason {
        case .connectionLost: "connection lost"
        case .closedByServer(let text): "closed: \(text)"
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .heldBack(let text, _): "held back: \(text)"
        case .protocolViolation(let text): "violation: \(text)"
        case .refused(let code, let text): "refused" + Self.text(code, text)
        case .authenticationFailed(let text): "log-in failed: \(text)"
        case .unsupported(let text): "unsupported: \(text)"
        case .limitExceeded(let name): "limit: \(name)"
        case .invalidArgument(let text): "invalid: \(text)"
        case .unproven(let text): "unproven: \(text)"
        case .transport(let error): "transport: \(error.reason)"
        }
    }

    private static func text(_ code: ResponseCode?, _ text: String) -> String {
        let transient = code?.isTransient ?? false ? " for now" : ""
        return (code.map { " [\($0)]" } ?? "") + "\(transient): \(text)"
    }

    private static func text(_ outcome: ChangeOutcome) -> String {
        switch outcome {
        case .confirmed: "confirmed"
        case .refused(let refusal): "refused" + self.text(refusal.code, refusal.text)
        case .ambiguous(let error): "ambiguous: " + self.text(error.reason)
        }
    }

    private static func text(_ outcome: MoveOutcome) -> String {
        switch outcome {
        case .confirmed(let receipt):
            "confirmed \(receipt.destinationUIDValidity) "
                + receipt.pairs.map { "\($0.source)→\($0.destination)" }.joined(separator: " ")
        case .refused(let refusal): "refused" + self.text(refusal.code, refusal.text)
        case .ambiguous(let error): "ambiguous: " + self.text(error.reason)
        }
    }

    private static func text(_ outcome: AppendOutcome) -> String {
        switch outcome {
        case .confirmed(let receipt): "confirmed \(receipt.uidValidity) \(receipt.uid)"
        case .refused(let refusal): "refused" + self.text(refusal.code, refusal.text)
        case .ambiguous(let error): "ambiguous: " + self.text(error.reason)
        }
    }

    private static func text(_ event: UnsolicitedEvent) -> String {
        switch event {
        case .exists(let count): "news exists \(count)"
        case .expunged(let sequence): "news expunged \(sequence)"
        case .vanished(let set): "news vanished \(set)"
        case .flags(let flags): self.line("news flags", flags)
        case .overflowed: "news overflowed"
        }
    }

    private static func line(_ head: String, _ flags: MessageFlags) -> String {
        "\(head) \(flags.uid) (\(flags.flags.joined(separator: " ")))" + (flags.modSeq.map { " modseq \($0)" } ?? "")
    }

    private static func line(_ head: String, _ summary: MessageSummary) -> String {
        "\(head) \(summary.uid)"
            + (summary.flags.map { " (\($0.joined(separator: " ")))" } ?? "")
            + (summary.modSeq.map { " modseq \($0)" } ?? "")
            + (summary.internalDate.map { " date \($0 / 1_000_000)" } ?? "")
            + (summary.size.map { " size \($0)" } ?? "")
            + (summary.objectID.map { " id \($0.text)" } ?? "")
            + (summary.labels.map { " labels (\($0.joined(separator: " ")))" } ?? "")
    }

    private static func line(_ folder: ListedFolder) -> String {
        "folder \(self.escaped(folder.name.display)) \(folder.delimiter ?? "NIL") (\(folder.attributes.joined(separator: " ")))"
            + (folder.status.map { self.text($0) } ?? "")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\r\n", with: "\\r\\n").replacing("\0", with: "\\0")
    }

    private static func text(_ status: FolderStatus) -> String {
        (status.messages.map { " messages \($0)" } ?? "") + (status.unseen.map { " unseen \($0)" } ?? "")
            + (status.uidNext.map { " uidnext \($0)" } ?? "")
            + (status.uidValidity.map { " uidvalidity \($0)" } ?? "")
            + (status.highestModSeq.map { " modseq \($0)" } ?? "")
    }

    private static func lines(_ namespaces: Namespaces) -> [String] {
        [("personal", namespaces.personal), ("others", namespaces.otherUsers), ("shared", namespaces.shared)]
            .flatMap { name, entries in
                entries.map { "namespace \(name) “\($0.prefix.display)” \($0.delimiter ?? "NIL")" }
            }
    }

    private static func lines(_ selected: Selected) -> [String] {
        let head =
            "selected \(selected.folder.display) exists \(selected.exists) uidvalidity \(selected.uidValidity)"
            + (selected.uidNext.map { " uidnext \($0)" } ?? "")
            + (selected.highestModSeq.map { " modseq \($0)" } ?? "")
            + (selected.allowsKeywords ? " keywords" : "") + (selected.isReadOnly ? " read-only" : "")
        return [head] + (selected.vanished.isEmpty ? [] : ["vanished \(selected.vanished)"])
            + selected.changed.map { self.line("changed", $0) }
    }
}
