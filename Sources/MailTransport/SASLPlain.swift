/// The one message of the SASL mechanism PLAIN.
///
/// Shape: `authzid NUL authcid NUL password`, in base64. Source: RFC 4616 §2.
package enum SASLPlain {
    /// The response in base64, without a line end, or nil where the user or the password holds a NUL, which PLAIN cannot carry.
    package static func response(user: String, password: Secret) -> String? {
        let user = Array(user.utf8)
        let password = Array(password.reveal().utf8)
        guard !user.contains(0), !password.contains(0) else { return nil }
        return Base64.encode([0] + user + [0] + password)
    }
}

/// Base64 with padding (RFC 4648 §4), encoding only.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let first = bytes[index]
            let second = rest > 1 ? bytes[index + 1] : 0
            let third = rest > 2 ? bytes[index + 2] : 0
            output.append(self.alphabet[Int(first >> 2)])
            output.append(self.alphabet[Int((first & 3) << 4 | second >> 4)])
            output.append(rest > 1 ? self.alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "="))
            output.append(rest > 2 ? self.alphabet[Int(third & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }
}
