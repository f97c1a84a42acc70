/// The bytes the grammar is made of, and their classes (RFC 9051 §9).
enum Byte {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let openParenthesis = UInt8(ascii: "(")
    static let closeParenthesis = UInt8(ascii: ")")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let less = UInt8(ascii: "<")
    static let greater = UInt8(ascii: ">")
    static let tilde = UInt8(ascii: "~")
    static let star = UInt8(ascii: "*")
    static let plus = UInt8(ascii: "+")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")

    static func uppercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x61 && byte <= 0x7a ? byte & 0xdf : byte
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39
    }

    /// Whether an atom of a response ends before this byte.
    ///
    /// Brackets do not end one by themselves: flags and unquoted folder names hold them.
    static func endsAtom(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == self.openParenthesis || byte == self.closeParenthesis || byte == self.quote
            || byte == self.openBrace
    }

    /// Whether a flag of a response ends before this byte.
    static func endsFlag(_ byte: UInt8) -> Bool {
        byte == self.space || byte == self.closeParenthesis || byte == self.openParenthesis
            || byte == self.carriageReturn || byte == self.lineFeed
    }

    /// Whether a command may carry this byte in an atom.
    static func isAtom(_ byte: UInt8) -> Bool {
        guard byte > 0x20, byte < 0x7f else { return false }
        return !"(){%*\"\\]".utf8.contains(byte)
    }

    static func mayFollowString(_ byte: UInt8) -> Bool {
        byte == self.space || byte == self.closeParenthesis || byte == self.closeBracket || byte == self.carriageReturn
            || byte == self.lineFeed || byte == self.openParenthesis
    }

    static func isNil(_ atom: ArraySlice<UInt8>) -> Bool {
        atom.count == 3 && atom.elementsEqual("NIL".utf8) { self.uppercased($0) == $1 }
    }
}
