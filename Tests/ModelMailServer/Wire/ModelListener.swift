import Foundation
import Glibc
import Synchronization

/// A ``ModelServer`` that listens on a port of 127.0.0.1, for clients that cannot be driven in memory.
///
/// One thread for each connection. Commands of all connections run one after the other, under one lock, answers included,
/// so each connection reads in the order of what happened. ``stop()`` ends it, and so does the end of the process.
package final class ModelListener: Sendable {
    private struct Connection {
        let file: Int32
        var wire: ModelWire
    }

    private struct State {
        var server: ModelServer
        var connections: [Int: Connection] = [:]
        var last = 0
        var isStopped = false
    }

    /// Where it listens.
    package let port: Int
    private let account: ModelWire.Account
    private let file: Int32
    private let state: Mutex<State>

    /// Listens on a free port, and serves until it is stopped.
    ///
    /// Throws a `POSIXError` where the system gives no socket.
    package init(_ server: ModelServer, account: ModelWire.Account) throws {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                file >= 0 && bind(file, $0, length) == 0 && listen(file, 64) == 0 && getsockname(file, $0, &length) == 0
            }
        }
        guard isListening else {
            let code = errno
            if file >= 0 { close(file) }
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
        self.file = file
        self.port = Int(UInt16(bigEndian: address.sin_port))
        self.account = account
        self.state = Mutex(State(server: server))
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Looks at the server, or changes it from outside; whoever waits for news hears of it.
    package func withServer<R>(_ body: (inout ModelServer) throws -> sending R) rethrows -> sending R {
        try self.state.withLock { state in
            let result = try body(&state.server)
            Self.tellOthers(&state, but: nil)
            return result
        }
    }

    /// Cuts all connections and listens no more.
    package func stop() {
        self.state.withLock { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            shutdown(self.file, Int32(SHUT_RDWR))
            for connection in state.connections.values { shutdown(connection.file, Int32(SHUT_RDWR)) }
        }
    }

    private func acceptAll() {
        while true {
            let file = accept(self.file, nil, nil)
            if file < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard file >= 0 else { break }
            let number = self.state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.last += 1
                let wire = ModelWire(&state.server, account: self.account)
                state.connections[state.last] = Connection(file: file, wire: wire)
                Self.send(wire.greeting(), to: file)
                return state.last
            }
            guard let number else {
                close(file)
                break
            }
            Thread.detachNewThread { self.serve(number, file) }
        }
        close(self.file)
    }

    private func serve(_ number: Int, _ file: Int32) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var isOver = false
        while !isOver {
            let count = chunk.withUnsafeMutableBytes { recv(file, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            isOver = self.state.withLock { state in
                guard var wire = state.connections[number]?.wire else { return true }
                state.server.now = Int64(time(nil))
                // Taken out meanwhile, so that its buffer is not copied.
                state.connections[number] = nil
                let answer = wire.received(chunk[..<count], &state.server)
                state.connections[number] = Connection(file: file, wire: wire)
                Self.send(answer, to: file)
                Self.tellOthers(&state, but: number)
                return wire.isOver
            }
        }
        self.state.withLock { state in
            if let connection = state.connections.removeValue(forKey: number) {
                state.server.disconnect(connection.wire.session)
            }
            close(file)
        }
    }

    /// What one did, those who wait hear at once.
    private static func tellOthers(_ state: inout State, but number: Int?) {
        for other in state.connections.keys where other != number {
            guard var connection = state.connections[other] else { continue }
            let news = connection.wire.news(&state.server)
            state.connections[other] = connection
            guard !news.isEmpty else { continue }
            Self.send(news, to: connection.file)
            if connection.wire.isOver { shutdown(connection.file, Int32(SHUT_RDWR)) }
        }
    }

    /// Sends all of it; a client that is gone is found by the next read.
    private static func send(_ bytes: [UInt8], to file: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}
