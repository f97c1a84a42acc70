import Foundation
import Glibc
import Synchronization

/// Stands between the program and the mail server, byte for byte, until it is told to hold the server's words back.
///
/// Two ways to hold: the answer to one command on one connection, or everything from the n-th line of the server on.
package final class WireProxy: Sendable {
    private struct Connection {
        let client: Int32
        let server: Int32
        /// The tag of the command whose answer is held here; empty while everything is held.
        var heldTag: String?
        var held: [UInt8] = []
    }

    private struct State {
        var connections: [Connection] = []
        var pattern: String?
        var linesLeft: Int?
        var isFrozen = false
        var isClosed = false
    }

    /// Where it listens, on 127.0.0.1.
    package let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Runs `body` with a proxy in front of a port of 127.0.0.1.
    package static func with<R>(port: Int, _ body: (WireProxy) async throws -> R) async throws -> R {
        let proxy = try WireProxy(target: port)
        Thread.detachNewThread { proxy.serve() }
        defer { proxy.state.withLock { $0.isClosed = true } }
        return try await body(proxy)
    }

    private init(target: Int) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isListening else { throw TestSupportError("the proxy cannot listen: errno \(errno)") }
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

// MARK: - What tests ask of it

extension WireProxy {
    /// From the next command that contains `pattern` on, nothing of the server reaches that connection.
    package func holdAnswer(to pattern: String) {
        self.state.withLock { $0.pattern = pattern }
    }

    /// Whether the server has answered the command whose answer is held.
    package var hasHeldAnswer: Bool {
        self.state.withLock { state in
            state.connections.contains { connection in
                guard let tag = connection.heldTag, !tag.isEmpty else { return false }
                return String(decoding: connection.held, as: UTF8.self).contains("\(tag) OK")
            }
        }
    }

    /// After so many more lines of the server nothing passes in that direction, on any connection.
    package func freeze(afterLines lines: Int) {
        self.state.withLock { $0.linesLeft = lines }
    }

    /// Whether ``freeze(afterLines:)`` has taken effect.
    package var isFrozen: Bool { self.state.withLock { $0.isFrozen } }

    /// Lets everything pass again, what was held first.
    package func release() {
        self.state.withLock { state in
            state.pattern = nil
            state.linesLeft = nil
            state.isFrozen = false
            for index in state.connections.indices {
                Self.send(state.connections[index].held, to: state.connections[index].client)
                state.connections[index].held = []
                state.connections[index].heldTag = nil
            }
        }
    }
}

// MARK: - Its thread

extension WireProxy {
    private func serve() {
        while !self.state.withLock({ $0.isClosed }) {
            var watched = [pollfd(fd: self.listener, events: Int16(POLLIN), revents: 0)]
            watched += self.state.withLock { state in
                state.connections.flatMap { connection in
                    [connection.client, connection.server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                }
            }
            guard poll(&watched, nfds_t(watched.count), 20) > 0 else { continue }
            for ready in watched where ready.revents != 0 {
                if ready.fd == self.listener { self.accept() } else { self.pass(from: ready.fd) }
            }
        }
        self.state.withLock { state in
            for connection in state.connections { Self.close(connection) }
            state.connections = []
        }
        _ = Glibc.close(self.listener)
    }

    private func accept() {
        let client = Glibc.accept(self.listener, nil, nil)
        guard client >= 0, fcntl(client, F_SETFD, FD_CLOEXEC) == 0 else { return }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(port: self.target)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(server, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let connection = Connection(client: client, server: server)
        guard isConnected else { return Self.close(connection) }
        self.state.withLock { $0.connections.append(connection) }
    }

    private func pass(from source: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(source, &bytes, bytes.count, 0)
        self.state.withLock { state in
            guard let index = state.connections.firstIndex(where: { $0.client == source || $0.server == source }) else {
                return
            }
            guard count > 0 else {
                Self.close(state.connections.remove(at: index))
                return
            }
            let words = Array(bytes.prefix(count))
            if source == state.connections[index].client {
                Self.watch(words, index, &state)
                Self.send(words, to: state.connections[index].server)
            } else {
                Self.answer(words, index, &state)
            }
        }
    }

    private static func watch(_ words: [UInt8], _ index: Int, _ state: inout State) {
        guard let pattern = state.pattern else { return }
        for line in String(decoding: words, as: UTF8.self).split(separator: "\r\n") where line.contains(pattern) {
            state.connections[index].heldTag = line.split(separator: " ").first.map { String($0) }
            state.pattern = nil
            return
        }
    }

    private static func answer(_ words: [UInt8], _ index: Int, _ state: inout State) {
        var passing = words[...]
        if state.isFrozen || state.connections[index].heldTag != nil { passing = words[..<0] }
        if let left = state.linesLeft, !passing.isEmpty {
            var lines = 0
            var end = passing.startIndex
            while end < passing.endIndex, lines < left {
                if passing[end] == 0x0A { lines += 1 }
                end += 1
            }
            state.linesLeft = left - lines
            state.isFrozen = left == lines
            passing = passing[..<end]
        }
        self.send(Array(passing), to: state.connections[index].client)
        state.connections[index].held += words[passing.endIndex...]
    }

    private static func send(_ words: [UInt8], to socket: Int32) {
        var sent = 0
        while sent < words.count {
            let count = words[sent...].withUnsafeBytes { buffer in
                Glibc.send(socket, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }  // its end is seen when it is read
            sent += count
        }
    }

    private static func close(_ connection: Connection) {
        _ = Glibc.close(connection.client)
        _ = Glibc.close(connection.server)
    }
}
