/// The short name of an agent, as it stands in folder names, keywords and commands.
///
/// One lower-case ASCII letter, then up to 31 lower-case letters, digits and hyphens. Never reused.
package struct Handle: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name itself.
    package let text: String

    /// Checks a name; throws ``HandleError`` for one that is not allowed.
    package init(_ text: String) throws(HandleError) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { throw HandleError(reason: .empty) }
        guard bytes.count <= Self.maximumLength else { throw HandleError(reason: .tooLong) }
        guard Self.isLetter(first) else { throw HandleError(reason: .startsWrong) }
        guard bytes.allSatisfy({ Self.isLetter($0) || (48...57).contains($0) || $0 == 45 }) else {
            throw HandleError(reason: .character)
        }
        self.text = text
    }

    /// The longest handle, in characters: with `owner-` before it, it stays under the 50 bytes that servers allow a keyword.
    package static let maximumLength = 32

    /// The name itself.
    package var description: String { self.text }

    /// In the order of the alphabet.
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
}

/// Why a text is no handle.
package struct HandleError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Reason: Equatable, Sendable {
        /// There is no character.
        case empty
        /// There are more than ``Handle/maximumLength`` characters.
        case tooLong
        /// The first character is no lower-case letter.
        case startsWrong
        /// A character is neither a lower-case letter, nor a digit, nor a hyphen.
        case character
    }

    /// What is wrong with it.
    package let reason: Reason

    /// Trying the same text again never helps.
    package var isTransient: Bool { false }

    /// What is wrong and what is allowed, as one sentence.
    package var description: String {
        let problem =
            switch self.reason {
            case .empty: "The handle is empty."
            case .tooLong: "The handle is too long."
            case .startsWrong: "The handle does not start with a lower-case letter."
            case .character: "The handle contains a character that is not allowed."
            }
        return problem + " Allowed are 1 to \(Handle.maximumLength) of a-z, 0-9 and -, the first one a letter."
    }
}
