/// One delivery over LMTP (RFC 2033): greeting, LHLO, one sender, one recipient, the message.
enum LMTPDelivery {
    /// The bytes between DATA and its end: CRLF line ends, a dot doubled at the start of a line (RFC 5321 §4.5.2).
    static func encoded(_ message: [UInt8]) -> [UInt8] {
        let (dot, lf, cr) = (UInt8(ascii: "."), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var result: [UInt8] = []
        result.reserveCapacity(message.count + message.count / 32 + 5)
        var previous = lf
        for byte in message {
            if byte == lf, previous != cr { result.append(cr) }
            if byte == dot, previous == lf { result.append(dot) }
            result.append(byte)
            previous = byte
        }
        if previous != lf { result += [cr, lf] }
        return result + [dot, cr, lf]
    }

    /// Delivers, and returns once the server has said that it keeps the message.
    ///
    /// The server adds Return-Path, Delivered-To and Received in front.
    static func deliver(_ message: [UInt8], from sender: String, to recipient: String, port: Int) throws {
        let socket = try LoopbackSocket(port: port, timeout: .seconds(30))
        try self.expect("220", "greeting", socket)
        try self.send("LHLO localhost", expecting: "250", socket)
        try self.send("MAIL FROM:<\(sender)>", expecting: "250", socket)
        try self.send("RCPT TO:<\(recipient)>", expecting: "250", socket)
        try self.send("DATA", expecting: "354", socket)
        try socket.write(self.encoded(message), during: "DATA")
        try self.expect("250", "DATA", socket)
        try self.send("QUIT", expecting: "221", socket)
    }

    private static func send(_ line: String, expecting code: String, _ socket: LoopbackSocket) throws {
        let verb = String(line.prefix { $0 != " " })
        try socket.write(Array((line + "\r\n").utf8), during: verb)
        try self.expect(code, verb, socket)
    }

    private static func expect(_ code: String, _ verb: String, _ socket: LoopbackSocket) throws {
        var line: String
        repeat {
            line = String(decoding: try socket.readLine(during: verb), as: UTF8.self)
        } while line.dropFirst(3).hasPrefix("-")
        guard line.hasPrefix(code) else { throw LocalServersError(reason: .refused(line), during: verb) }
    }
}
