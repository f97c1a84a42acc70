import Glibc
import LocalServers

/// A raw client that idles on INBOX and knows the moment at which it is told of a mail.
final class IdleClient {
    private let file: Int32
    private var buffer: [UInt8] = []
    private var exists = 0

    /// Logs in and idles.
    init(_ dovecot: PrivateDovecot, _ account: PrivateDovecot.User) throws {
        self.file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(dovecot.imapPort).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard self.file >= 0, result == 0 else { throw BenchmarkError("cannot connect to Dovecot") }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(self.file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = try self.line()
        try self.command("LOGIN \(account.name) \(account.password)")
        try self.command("SELECT INBOX")
        try self.idle()
    }

    deinit {
        close(self.file)
    }

    /// Begins to idle; `isNew` after another command.
    func idle(isNew: Bool = true) throws {
        guard isNew else { return }
        try self.send("i IDLE")
        while try !self.line().hasPrefix("+") {}
    }

    /// Waits until the server tells of a mail.
    func awaitMail() throws {
        let before = self.exists
        while self.exists <= before { try self.note(try self.line()) }
    }

    /// Ends IDLE and reads the newest mail.
    func fetchNewest() throws {
        try self.send("DONE")
        while try !self.line().hasPrefix("i ") {}
        try self.command("UID FETCH * (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    }

    private func command(_ text: String) throws {
        try self.send("c \(text)")
        while true {
            let line = try self.line()
            if line.hasPrefix("c OK") { return }
            guard !line.hasPrefix("c ") else { throw BenchmarkError("Dovecot refuses \(text.prefix { $0 != " " })") }
            try self.note(line)
        }
    }

    private func note(_ line: String) throws {
        let words = line.split(separator: " ")
        if words.count == 3, words[2] == "EXISTS", let count = Int(words[1]) { self.exists = count }
        // The bytes of a mail are lines too, which say nothing to us; a literal's length need not be counted.
    }

    private func send(_ text: String) throws {
        let bytes = Array((text + "\r\n").utf8)
        guard write(self.file, bytes, bytes.count) == bytes.count else { throw BenchmarkError("Dovecot is gone") }
    }

    private func line() throws -> String {
        while true {
            if let end = self.buffer.firstIndex(of: 10) {
                let line = String(decoding: self.buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
                self.buffer.removeSubrange(...end)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(self.file, &chunk, chunk.count, 0)
            guard count > 0 else { throw BenchmarkError("Dovecot says nothing more") }
            self.buffer += chunk[..<count]
        }
    }
}
