import Synchronization

/// What clients sent to a ``ScriptedServer``, command by command.
final class Transcript: Sendable {
    private let state = Mutex<(commands: [String], clear: [String], connections: Int)>(([], [], 0))

    func received(_ command: String, isEncrypted: Bool) {
        self.state.withLock { state in
            state.commands.append(command)
            if !isEncrypted { state.clear.append(command) }
        }
    }

    func connected() {
        self.state.withLock { $0.connections += 1 }
    }

    /// Commands with their tags.
    var commands: [String] { self.state.withLock { $0.commands } }

    /// Commands sent in clear text, with their tags.
    var clear: [String] { self.state.withLock { $0.clear } }

    /// Commands without their tags.
    var untagged: [String] {
        self.commands.map { command in
            command.firstIndex(of: " ").map { String(command[command.index(after: $0)...]) } ?? command
        }
    }

    /// Verbs alone.
    var verbs: [String] {
        self.untagged.map { command in
            let words = command.split(separator: " ")
            return words.first == "UID" ? words.prefix(2).joined(separator: " ") : String(words.first ?? "")
        }
    }

    var connections: Int { self.state.withLock { $0.connections } }
}
