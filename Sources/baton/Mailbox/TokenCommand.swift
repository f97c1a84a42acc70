import ArgumentParser
import MailTransport
import Subprocess

/// A command that prints an OAuth access token.
///
/// It is started as it is written, word by word, without a shell: nothing in it can start a second command. It gets ten seconds and
/// may print 16 KiB; what it writes to standard error is dropped, since it may be a secret as well.
struct TokenCommand: Equatable, Sendable {
    static let limit = Duration.seconds(10)

    /// The program's absolute path, then its arguments.
    let words: [String]

    /// Splits what a person wrote: words at blanks, quotes of both kinds around words that hold some.
    ///
    /// Throws a `ValidationError` for what only a shell would understand.
    static func words(of text: String) throws -> [String] {
        var words: [String] = []
        var current: String?
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { current = (current ?? "") + String(character) }
                continue
            }
            switch character {
            case "\"", "'":
                quote = character
                current = current ?? ""
            case " ", "\t":
                if let word = current { words.append(word) }
                current = nil
            case "$", "`", "|", "&", ";", "<", ">", "*", "?", "~", "\\", "(", ")", "\n", "\r", "\0":
                throw ValidationError(
                    "No shell reads --token-command: put \(SafeText.line(String(character))) into a script."
                )
            default:
                current = (current ?? "") + String(character)
            }
        }
        guard quote == nil else { throw ValidationError("--token-command: a quote does not close.") }
        if let word = current { words.append(word) }
        guard let program = words.first, program.hasPrefix("/"), !program.contains("=") else {
            throw ValidationError("--token-command begins with a program's whole path, such as /usr/local/bin/token.")
        }
        return words
    }

    /// The token it prints.
    ///
    /// - Throws: ``CommandFailure`` that says what happened, never what was printed.
    func run() async throws -> Secret {
        let program = self.words.first ?? ""
        let name = SafeText.line(program)
        let output = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await Self.output(of: self.words) }
            group.addTask {
                try await Task.sleep(for: Self.limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let output else {
            throw CommandFailure.refused("The token command \(name) printed no token within \(Self.limit)")
        }
        let token = output.hasSuffix("\n") ? output.dropLast() : output[...]
        let isToken = !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard isToken else {
            throw CommandFailure.refused(
                "What the token command \(name) prints is no access token",
                "It must print the token alone, on one line"
            )
        }
        return Secret(String(token))
    }

    private static func output(of words: [String]) async throws -> String {
        let name = SafeText.line(words.first ?? "")
        let (status, text): (TerminationStatus, String)
        do {
            let result = try await Subprocess.run(
                // `env` starts a program by its path and does nothing else with a word that holds no `=`.
                .name("env"),
                arguments: Arguments(words),
                // The password of the database is none of its business.
                environment: .inherit.updating(["BATON_DATABASE_URL": nil, "PGPASSWORD": nil]),
                output: .string(limit: CredentialSource.longestToken),
                error: .discarded
            )
            (status, text) = (result.terminationStatus, result.standardOutput)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The error of an output that is too long would quote it.
            throw CommandFailure.refused("The token command \(name) cannot be run, or prints too much")
        }
        guard status.isSuccess else {
            throw CommandFailure.refused(
                "The token command \(name) failed (\(status))",
                "Run it by hand as the user who runs Baton"
            )
        }
        return text
    }
}
