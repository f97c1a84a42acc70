import Glibc

/// A blocking TCP connection to 127.0.0.1, read by lines and by counts.
///
/// Every call may block for the timeout, so it belongs on a thread of its own or in a test's own steps.
final class LoopbackSocket {
    private static let largestLine = 1 << 20

    private let file: Int32
    private let timeout: Duration
    private var buffer: [UInt8] = []
    private var start = 0

    /// Connects.
    init(port: Int, timeout: Duration) throws {
        self.timeout = timeout
        self.file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard self.file >= 0 else { throw LocalServersError(reason: .system(errno), during: "connect") }
        var limit = timeval(
            tv_sec: Int(timeout.components.seconds),
            tv_usec: Int(timeout.components.attoseconds / 1_000_000_000_000)
        )
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(self.file, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let result = Self.withLoopback(port: port) { Glibc.connect(self.file, $0, $1) }
        guard result == 0 else { throw LocalServersError(reason: .connectionLost, during: "connect") }
    }

    deinit { close(self.file) }

    /// Sends all of it.
    func write(_ bytes: [UInt8], during step: String) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(self.file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw self.failure(during: step) }
            sent += count
        }
    }

    /// The next line, without its CRLF.
    func readLine(during step: String) throws -> [UInt8] {
        var searched = 0
        while true {
            if let end = self.buffer[(self.start + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = Array(self.buffer[self.start..<end])
                self.start = end + 1
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            searched = self.buffer.count - self.start
            guard searched <= Self.largestLine else {
                throw LocalServersError(reason: .protocolViolation("a line without an end"), during: step)
            }
            try self.receive(during: step)
        }
    }

    /// The next `count` bytes.
    func read(_ count: Int, during step: String) throws -> [UInt8] {
        while self.buffer.count - self.start < count { try self.receive(during: step) }
        defer { self.start += count }
        return Array(self.buffer[self.start..<self.start + count])
    }

    private func receive(during step: String) throws {
        if self.start > 0 {
            self.buffer.removeSubrange(..<self.start)
            self.start = 0
        }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var count = 0
        repeat {
            count = chunk.withUnsafeMutableBytes { recv(self.file, $0.baseAddress, $0.count, 0) }
        } while count < 0 && errno == EINTR
        guard count > 0 else { throw count == 0 ? self.lost(step) : self.failure(during: step) }
        self.buffer += chunk[..<count]
    }

    private func lost(_ step: String) -> LocalServersError {
        LocalServersError(reason: .connectionLost, during: step)
    }

    private func failure(during step: String) -> LocalServersError {
        errno == EAGAIN ? LocalServersError(reason: .timedOut(after: self.timeout), during: step) : self.lost(step)
    }
}

extension LoopbackSocket {
    /// Ports of 127.0.0.1 that nobody listens on, all different.
    ///
    /// Another process may take one before they are used: who binds them must be ready to ask again.
    static func freePorts(_ count: Int) throws -> [Int] {
        var files: [Int32] = []
        defer { for file in files { close(file) } }
        return try (0..<count).map { _ in
            let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            files.append(file)
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = Self.withLoopback(port: 0) { bind(file, $0, $1) }
            let named = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(file, $0, &length) }
            }
            guard file >= 0, bound == 0, named == 0 else {
                throw LocalServersError(reason: .system(errno), during: "finding a free port")
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    private static func withLoopback(port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
