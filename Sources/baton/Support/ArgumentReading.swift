import ArgumentParser
import Desk
import IMAP
import MIME

/// Reads the values of arguments; each says what is allowed when it refuses one.
enum ArgumentReading {
    /// The longest duration that makes sense anywhere: a hundred years.
    static let longestDuration = Duration.seconds(36_525 * 86_400)

    /// `30s`, `10m`, `2h`, `90d`, `1w`, or `0`.
    static func duration(_ text: String) throws -> Duration {
        let problem = ValidationError("Write a whole number and a unit: 30s, 10m, 2h, 90d or 1w; or 0 for none.")
        if text == "0" { return .zero }
        let sizes: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        let digits = text.dropLast()
        guard let unit = text.last, let size = sizes[unit], digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw problem
        }
        guard let count = Int64(digits) else { throw problem }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, .seconds(seconds) <= Self.longestDuration else {
            throw ValidationError("The longest is a hundred years.")
        }
        return .seconds(seconds)
    }

    /// The handle of an agent.
    static func handle(_ text: String) throws -> Handle {
        do {
            return try Handle(text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The name of a queue or mailbox: the same form as a handle.
    static func name(_ text: String) throws -> String {
        do {
            return try Handle(text).text
        } catch {
            throw ValidationError("Names are 1 to \(Handle.maximumLength) of a-z, 0-9 and -, the first one a letter.")
        }
    }

    /// A ticket's number, with or without `#`.
    static func ticket(_ text: String) throws -> Identifier<Ticket> {
        let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int64(digits), number > 0 else {
            throw ValidationError("A ticket is named by its number, such as 7.")
        }
        return Identifier(number)
    }

    /// A mail's number.
    static func message(_ text: String) throws -> Identifier<Message> {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int64(text), number > 0 else {
            throw ValidationError("A mail is named by its number, such as 12.")
        }
        return Identifier(number)
    }

    /// A limit or a count from 1 up.
    static func positive(_ text: String) throws -> Int {
        guard let number = Int(text), number > 0 else { throw ValidationError("Write a whole number from 1 up.") }
        return number
    }

    /// Text of one line that people read: trimmed, without controls, not empty.
    static func label(_ text: String) throws -> String {
        let trimmed = text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        guard !trimmed.isEmpty else { throw ValidationError("It must not be empty.") }
        guard trimmed == SafeText.line(trimmed) else {
            throw ValidationError("It must not contain controls, or characters that turn the reading direction.")
        }
        guard trimmed.utf8.count <= 200 else { throw ValidationError("It must not be longer than 200 bytes.") }
        return trimmed
    }

    /// One bare address: `ann@example.com`.
    static func address(_ text: String) throws -> MailAddress {
        let problem = ValidationError("Write one bare address, such as ann@example.com.")
        guard let at = text.lastIndex(of: "@"), text.utf8.count <= 254 else { throw problem }
        let local = text[..<at]
        let domain = text[text.index(after: at)...]
        let isPlain = text.unicodeScalars.allSatisfy { $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isPlain, text == SafeText.line(text), !local.isEmpty, !domain.isEmpty else { throw problem }
        let forbidden: Set<Character> = ["@", "<", ">", "(", ")", "[", "]", ",", ";", ":", "\\", "\"", "/"]
        guard !domain.contains(where: forbidden.contains), !local.contains(where: forbidden.subtracting(["/"]).contains)
        else { throw problem }
        guard domain.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else {
            throw problem
        }
        return MailAddress(displayName: nil, localPart: String(local), domain: String(domain))
    }

    /// The name of an extension of IMAP that Baton knows.
    static func imapExtension(_ text: String) throws -> IMAPExtension {
        if let name = IMAPExtension(name: text) { return name }
        let known = IMAPExtension.allCases.map(\.rawValue)
        let similar = NameSuggestion.similar(to: text.uppercased(), among: known)
        let hint =
            similar.isEmpty
            ? "Baton uses \(known.joined(separator: ", "))" : "Did you mean \(similar.joined(separator: " or "))?"
        throw ValidationError("There is no extension of that name that Baton uses. \(hint)")
    }

    /// The name of an environment variable.
    static func variable(_ text: String) throws -> String {
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard isPlain, let first = text.first, !first.isNumber else {
            throw ValidationError("The name of a variable has letters, digits and _; give the name, not the password.")
        }
        return text
    }

    /// A folder's name, one level, as people read it.
    static func folderName(_ text: String) throws -> String {
        let label = try Self.label(text)
        let isPlain = !label.contains(where: { "/\\%*\"".contains($0) }) && label.uppercased() != "INBOX"
        guard isPlain, label.utf8.count <= 100 else {
            throw ValidationError("Give one folder name of at most 100 bytes, without / \\ % * or quotes, not INBOX.")
        }
        return label
    }
}
