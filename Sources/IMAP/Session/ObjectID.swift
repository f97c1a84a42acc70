/// The server's own name for a mail: the same in every folder, and after every move.
///
/// Two mails with one name are the same mail; two names do not prove that the bytes differ. Sources: RFC 8474 §5.1
/// (EMAILID, where OBJECTID is offered), Gmail's X-GM-MSGID (where X-GM-EXT-1 is offered).
package enum ObjectID: Hashable, Sendable {
    /// EMAILID: 1 to 255 of letters, digits, `-` and `_`, compared byte by byte.
    case email(String)
    /// X-GM-MSGID.
    case gmail(UInt64)

    /// For storing: `e:` and the EMAILID, or `g:` and the number.
    package var text: String {
        switch self {
        case .email(let id): "e:\(id)"
        case .gmail(let number): "g:\(number)"
        }
    }

    /// Reads what ``text`` wrote; nil for anything else.
    package init?(text: String) {
        let value = text.dropFirst(2)
        if text.hasPrefix("e:"), Self.isEmailID(value.utf8) {
            self = .email(String(value))
        } else if text.hasPrefix("g:"), let number = UInt64(value), number > 0 {
            self = .gmail(number)
        } else {
            return nil
        }
    }

    /// Whether `bytes` is an `objectid` (RFC 8474 §7).
    static func isEmailID(_ bytes: some Collection<UInt8>) -> Bool {
        (1...255).contains(bytes.count)
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }
}
