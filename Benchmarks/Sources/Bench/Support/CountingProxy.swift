import Foundation
import Synchronization

/// Stands between Baton and Dovecot and counts, for each connection, the commands and the bytes of their answers.
///
/// Plaintext only. A command is a line of the client outside of a literal; IDLE's DONE is none.
final class CountingProxy: Sendable {
    /// One command with what came until the next.
    struct Exchange: Sendable {
        /// Its verb in capitals, `UID FETCH` and the like in two words.
        let verb: String
        /// Bytes of its line.
        let sent: Int
        /// Bytes of the server's answer.
        var received = 0
    }

    private struct Connection {
        let client: Int32
        let server: Int32
        var exchanges: [Exchange] = []
        var line: [UInt8] = []
    }

    private struct State {
        var connections: [Connection] = []
        var ended: [[Exchange]] = []
        var isClosed = false
    }

    /// Where it listens, on 127.0.0.1.
    let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Begins to listen; ends with ``close()``.
    init(to target: Int) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isListening else { throw BenchmarkError("the proxy cannot listen") }
        self.listener = listener
        self.port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.serve() }
    }

    /// What was exchanged so far, by connection; counting begins anew.
    func take() -> [[Exchange]] {
        self.state.withLock { state in
            let all = state.ended + state.connections.map(\.exchanges)
            state.ended = []
            for index in state.connections.indices { state.connections[index].exchanges = [] }
            return all.filter { !$0.isEmpty }
        }
    }

    func close() {
        self.state.withLock { $0.isClosed = true }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private func serve() {
        while !self.state.withLock({ $0.isClosed }) {
            var watched = [pollfd(fd: self.listener, events: Int16(POLLIN), revents: 0)]
            watched += self.state.withLock { state in
                state.connections.flatMap { [$0.client, $0.server] }.map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
            }
            guard poll(&watched, nfds_t(watched.count), 50) > 0 else { continue }
            for ready in watched where ready.revents != 0 {
                if ready.fd == self.listener { self.accept() } else { self.pass(from: ready.fd) }
            }
        }
        Glibc.close(self.listener)
    }

    private func accept() {
        let client = Glibc.accept(self.listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(self.target)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard client >= 0, server >= 0, result == 0 else { return }
        for file in [client, server] {
            var isOn: Int32 = 1
            setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        }
        self.state.withLock { $0.connections.append(Connection(client: client, server: server)) }
    }

    private func pass(from file: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = max(0, recv(file, &buffer, buffer.count, 0))
        let peer: Int32? = self.state.withLock { state in
            guard let index = state.connections.firstIndex(where: { $0.client == file || $0.server == file }) else {
                return nil
            }
            let isClient = state.connections[index].client == file
            guard count > 0 else {
                let ended = state.connections.remove(at: index)
                state.ended.append(ended.exchanges)
                Glibc.close(ended.client)
                Glibc.close(ended.server)
                return nil
            }
            if isClient {
                Self.count(buffer[..<count], in: &state.connections[index])
                return state.connections[index].server
            }
            if !state.connections[index].exchanges.isEmpty {
                state.connections[index].exchanges[state.connections[index].exchanges.count - 1].received += count
            }
            return state.connections[index].client
        }
        guard let peer else { return }
        var sent = 0
        while sent < count {
            let written = buffer[sent..<count].withUnsafeBytes {
                send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { return }
            sent += written
        }
    }

    private static func count(_ bytes: ArraySlice<UInt8>, in connection: inout Connection) {
        for byte in bytes {
            connection.line.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            let words = connection.line.split(whereSeparator: { $0 <= 32 }).map { String(decoding: $0, as: UTF8.self) }
            if words.count > 1 {
                let verb = words[1].uppercased()
                connection.exchanges.append(
                    Exchange(
                        verb: verb == "UID" && words.count > 2 ? "UID \(words[2].uppercased())" : verb,
                        sent: connection.line.count
                    )
                )
            }
            connection.line = []
        }
    }
}
