import Glibc

/// The limit of the mail server: reads every body over one plaintext connection and throws it away.
///
/// Knows just enough of IMAP to skip literals and count messages.
struct RawFetch {
    private static let bufferSize = 1 << 18

    private let file: Int32
    private var line: [UInt8] = []
    private var literal = 0
    private(set) var messages = 0
    private(set) var bytes = 0

    /// Fetches all mail of the folders; gives how many messages came.
    static func run(
        port: Int,
        user: String,
        password: String,
        folders: [String],
        opening: String = "EXAMINE"
    ) throws -> Int {
        var reader = try RawFetch(port: port)
        defer { close(reader.file) }
        try reader.command("a", "LOGIN \(user) \(password)")
        for folder in folders {
            try reader.command("b", "\(opening) \(folder)")
            try reader.command("c", "UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
        }
        return reader.messages
    }

    private init(port: Int) throws {
        self.file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(self.file, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard self.file >= 0, result == 0 else { throw BenchmarkError("cannot connect to port \(port)") }
    }

    private mutating func command(_ tag: String, _ text: String) throws {
        let bytes = Array("\(tag) \(text)\r\n".utf8)
        guard write(self.file, bytes, bytes.count) == bytes.count else {
            throw BenchmarkError("cannot write to Dovecot")
        }
        let (good, tagged) = (Array("\(tag) OK".utf8), Array("\(tag) ".utf8))
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        while true {
            let count = read(self.file, &buffer, buffer.count)
            guard count > 0 else { throw BenchmarkError("Dovecot closed the connection") }
            self.bytes += count
            if let answer = self.take(buffer[0..<count], tagged) {
                guard answer.starts(with: good) else { throw BenchmarkError("refused: \(text.prefix { $0 != " " })") }
                return
            }
        }
    }

    /// Goes through what came; gives the line with the tag when it is there.
    private mutating func take(_ chunk: ArraySlice<UInt8>, _ tag: [UInt8]) -> [UInt8]? {
        var rest = chunk
        while !rest.isEmpty {
            let skipped = min(self.literal, rest.count)
            self.literal -= skipped
            rest = rest.dropFirst(skipped)
            guard let end = rest.firstIndex(of: 10) else {
                self.line += rest
                return nil
            }
            self.line += rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            if self.line.last == 13 { self.line.removeLast() }
            if self.line.starts(with: tag) { return self.line }
            if self.line.last == UInt8(ascii: "}"), let open = self.line.lastIndex(of: UInt8(ascii: "{")) {
                self.literal = self.line[(open + 1)...].dropLast().reduce(0) { $0 * 10 + Int($1 & 15) }
                self.messages += 1
            }
            self.line.removeAll(keepingCapacity: true)
        }
        return nil
    }
}
