import NIOCore

/// What a server sends, ready in buffers of the size a socket gives, and what must come out of it.
struct StreamSample {
    let name: String
    private let buffers: [ByteBuffer]
    /// Responses in it.
    let responses: Int
    /// Bytes of mails in it.
    let bodyBytes: Int

    /// What one pass through it gave.
    struct Pass: Equatable {
        var responses = 0
        var bodyBytes = 0
    }

    private init(_ name: String, _ text: [UInt8], responses: Int, bodyBytes: Int) {
        self.name = name
        self.responses = responses
        self.bodyBytes = bodyBytes
        self.buffers = stride(from: 0, to: text.count, by: 65_536).map { start in
            ByteBuffer(bytes: text[start..<min(start + 65_536, text.count)])
        }
    }

    /// Mails of `size` bytes each, some 32 MB of them.
    static func bodies(of size: Int) -> StreamSample {
        let count = max(1, 32_000_000 / size)
        let body = Array(repeating: UInt8(ascii: "x"), count: size)
        var text: [UInt8] = []
        text.reserveCapacity(count * (size + 200))
        for uid in 1...count {
            text +=
                """
                * \(uid) FETCH (UID \(uid + 1000) FLAGS (\\Seen) INTERNALDATE "05-Nov-2024 01:02:03 +0100" \
                RFC822.SIZE \(size) MODSEQ (\(uid + 70_000)) BODY[] {\(size)}\r\n
                """.utf8
            text += body
            text += ")\r\n".utf8
        }
        return StreamSample("mails of \(size) bytes", text, responses: count, bodyBytes: count * size)
    }

    /// Lines of UID, flags and MODSEQ.
    static func flags() -> StreamSample {
        let flags = [
            "", "\\Seen", "\\Seen \\Answered", "\\Seen owner-ann", "\\Flagged \\Seen status-pending owner-bob",
        ]
        let count = 100_000
        var text: [UInt8] = []
        for uid in 1...count {
            text +=
                "* \(uid) FETCH (UID \(uid + 1000) FLAGS (\(flags[uid % flags.count])) MODSEQ (\(uid + 70_000)))\r\n"
                .utf8
        }
        return StreamSample("FETCH (UID FLAGS MODSEQ)", text, responses: count, bodyBytes: 0)
    }

    /// Reads it once, as the connection does.
    func pass() throws -> Pass {
        var reader = ResponseReader(limits: .default)
        var pass = Pass()
        for buffer in self.buffers {
            reader.feed(buffer)
            while let event = try reader.next() {
                switch event {
                case .response: pass.responses += 1
                case .bodyBytes(let bytes): pass.bodyBytes += bytes.readableBytes
                case .bodyBegan, .bodyEnded: break
                }
            }
        }
        return pass
    }

    /// The best of as many passes as fit into `seconds` of CPU, in seconds a pass; a wrong pass gives no number.
    func measure(seconds: Double) throws -> Double {
        let start = CPUClock.thread
        var best = Double.infinity
        while CPUClock.thread - start < seconds {
            let before = CPUClock.thread
            let pass = try self.pass()
            best = min(best, CPUClock.thread - before)
            guard pass == Pass(responses: self.responses, bodyBytes: self.bodyBytes) else {
                throw BenchmarkError("\(self.name): \(pass)")
            }
        }
        return best
    }
}
