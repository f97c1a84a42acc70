import Desk

/// A mail of the simulation: what filing would read from its bytes.
struct SimulatedMail: Sendable {
    /// Which of them; its bytes, and their digest, say no more.
    let number: Int
    /// Its Message-ID, which another mail may have as well.
    let messageID: Int
    /// Its size alone tells it from others with its Message-ID and its moment of arrival.
    var isLonger = false
    /// The Message-ID it answers.
    let inReplyTo: Int?
    let from: Party
    let to: Party

    var bytes: [UInt8] {
        var head = "Message-ID: <m\(self.messageID)@example.org>\r\n"
        if let answered = self.inReplyTo { head += "In-Reply-To: <m\(answered)@example.org>\r\n" }
        head +=
            "From: \(self.from.key)\r\nTo: \(self.to.key)\r\n\r\nMail \(self.number)\r\n"
            + String(repeating: "more\r\n", count: self.isLonger ? self.number + 1 : 0)
        return Array(head.utf8)
    }

    /// Stands for SHA-256 of the bytes.
    static func digest(_ number: Int) -> [UInt8] { self.filled(1, number) }

    /// Stands for the digest of a Message-ID.
    static func id(_ number: Int) -> IDDigest? { IDDigest(self.filled(2, number)) }

    /// Which mail a digest is of.
    static func number(of digest: [UInt8]) -> Int {
        digest.dropFirst(24).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func filled(_ first: UInt8, _ number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: first, count: 32)
        for place in 0..<8 { bytes[31 - place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
        return bytes
    }

    static let mailbox = Party(key: "support@example.com", name: "Support")
}
