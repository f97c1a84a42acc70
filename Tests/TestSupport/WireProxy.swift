import Foundation
import Glibc
import Synchronization

/// Stands between the program and a server, message for message, until it is told to do something else.
///
/// 1. ``arm(_:onSignal:)``: one ``WireFault`` at the n-th message of a direction; everything that passes is listed.
/// 2. ``holdAnswer(to:)`` and ``freeze(afterLines:)``: the server's words are held back until ``release()``.
package final class WireProxy: Sendable {
    private struct Connection {
        let id: Int
        let client: Int32
        let server: Int32
        /// Whether the server has nothing more to get; what it says is thrown away.
        var isHalfClosed = false
    }

    private struct State {
        var relay: WireRelay
        var connections: [Connection] = []
        var opened = 0
        var timers: [(at: ContinuousClock.Instant, connection: Int)] = []
        var onSignal: (@Sendable () -> Void)?
        var hidden: [[UInt8]] = []
        var mangled: [[UInt8]] = []
        var isClosed = false
    }

    /// Where the server is.
    package enum Target: Sendable {
        /// A port of 127.0.0.1, in clear text.
        case imap(port: Int)
        /// The folder of PostgreSQL's unix socket.
        case postgres(socketDirectory: String)
    }

    /// Where it listens, on 127.0.0.1; 0 for a unix socket.
    package let port: Int
    /// The folder of its unix socket; empty for a port.
    package let socketDirectory: String
    private let target: Target
    private let listener: Int32
    private let state: Mutex<State>

    /// Runs `body` with a proxy in front of a port of 127.0.0.1.
    package static func with<R>(port: Int, _ body: (WireProxy) async throws -> R) async throws -> R {
        try await self.with(.imap(port: port), body)
    }

    /// Runs `body` with a proxy in front of a server.
    package static func with<R>(_ target: Target, _ body: (WireProxy) async throws -> R) async throws -> R {
        let proxy = try WireProxy(target)
        Thread.detachNewThread { proxy.serve() }
        defer { proxy.state.withLock { $0.isClosed = true } }
        return try await body(proxy)
    }

    private init(_ target: Target) throws {
        self.target = target
        switch target {
        case .imap:
            let (listener, port) = try LoopbackListener.tcp()
            (self.listener, self.port, self.socketDirectory) = (listener, port, "")
            self.state = Mutex(State(relay: WireRelay(.imap)))
        case .postgres:
            let folder = FileManager.default.temporaryDirectory.appending(path: "baton-wire-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            self.listener = try LoopbackListener.unix("\(folder)/.s.PGSQL.5432")
            (self.port, self.socketDirectory) = (0, folder)
            self.state = Mutex(State(relay: WireRelay(.postgres)))
        }
    }
}

// MARK: - What tests ask of it

extension WireProxy {
    /// Counts messages from 1 again and waits for a fault of its own link; nil only counts.
    ///
    /// `onSignal` kills the program, or stops it at a ``WireFault/Action/hold``; it is called before anything more passes.
    package func arm(_ fault: WireFault?, onSignal: (@Sendable () -> Void)? = nil) {
        self.state.withLock { state in
            state.relay.arm(fault)
            state.onSignal = onSignal
        }
    }

    /// The message at which the fault acted, or nil.
    package var fired: WireEntry? { self.state.withLock { $0.relay.fired } }

    /// The messages that passed since the proxy was armed, as far as they are points.
    package var entries: [WireEntry] { self.state.withLock { $0.relay.entries } }

    /// The connections that are open, numbered in the order of their opening.
    package var openConnections: Set<Int> { self.state.withLock { $0.relay.openConnections } }

    /// From the next command that contains `pattern` on, nothing of the server reaches that connection.
    package func holdAnswer(to pattern: String) {
        self.state.withLock { $0.relay.holdPattern = pattern }
    }

    /// From now on the server seems never to have heard of these words: each begins with an X where it says them.
    package func hide(_ words: String...) {
        self.state.withLock { $0.hidden += words.map { Array($0.utf8) } }
    }

    /// From now on these words reach the server with an X for their first byte; without any they are left alone again.
    ///
    /// So a server is told to store something else than what was asked for, and says OK to it.
    package func mangle(_ words: String...) {
        self.state.withLock { $0.mangled = words.map { Array($0.utf8) } }
    }

    /// Whether the server has answered the command whose answer is held.
    package var hasHeldAnswer: Bool { self.state.withLock { $0.relay.hasHeldAnswer } }

    /// After so many more lines of the server nothing passes in that direction, on any connection.
    package func freeze(afterLines lines: Int) {
        self.state.withLock { $0.relay.linesLeft = lines }
    }

    /// Whether ``freeze(afterLines:)`` has taken effect.
    package var isFrozen: Bool { self.state.withLock { $0.relay.isFrozen } }

    /// Lets everything pass again, what was held first.
    package func release() {
        self.state.withLock { state in
            let effects = state.relay.release()
            Self.perform(effects, &state)
        }
    }

    /// Ends every connection, so that the next user finds none.
    package func disconnect() {
        self.state.withLock { state in
            for connection in state.connections {
                state.relay.closed(connection.id)
                Self.close(connection)
            }
            state.connections = []
            state.timers = []
        }
    }
}

// MARK: - Its thread

extension WireProxy {
    private func serve() {
        while !self.state.withLock({ $0.isClosed }) {
            var watched = [pollfd(fd: self.listener, events: Int16(POLLIN), revents: 0)]
            watched += self.state.withLock { state in
                Self.fireTimers(&state)
                return state.connections.flatMap { connection in
                    (connection.isHalfClosed ? [connection.server] : [connection.client, connection.server])
                        .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                }
            }
            guard poll(&watched, nfds_t(watched.count), 20) > 0 else { continue }
            for ready in watched where ready.revents != 0 {
                if ready.fd == self.listener { self.accept() } else { self.pass(from: ready.fd) }
            }
        }
        self.disconnect()
        _ = Glibc.close(self.listener)
        // What is left of it lies in the temporary folder.
        if !self.socketDirectory.isEmpty { try? FileManager.default.removeItem(atPath: self.socketDirectory) }
    }

    private static func fireTimers(_ state: inout State) {
        let now = ContinuousClock.now
        let due = state.timers.filter { $0.at <= now }
        state.timers.removeAll { $0.at <= now }
        for timer in due { self.perform(state.relay.resume(timer.connection), &state) }
    }

    private func accept() {
        let client = Glibc.accept(self.listener, nil, nil)
        guard client >= 0, fcntl(client, F_SETFD, FD_CLOEXEC) == 0 else { return }
        let server: Int32
        switch self.target {
        case .imap(let port): server = LoopbackListener.connect(port: port)
        case .postgres(let folder): server = LoopbackListener.connect(path: "\(folder)/.s.PGSQL.5432")
        }
        guard server >= 0 else {
            _ = Glibc.close(client)
            return
        }
        self.state.withLock { state in
            state.opened += 1
            state.connections.append(Connection(id: state.opened, client: client, server: server))
            state.relay.opened(state.opened)
        }
    }

    private func pass(from source: Int32) {
        self.state.withLock { state in
            // It may have been closed, and its number given away, since it was found ready.
            guard
                let index = state.connections.firstIndex(where: { connection in
                    connection.server == source || connection.client == source && !connection.isHalfClosed
                })
            else { return }
            var isReady = true
            var words = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let received = recv(source, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                isReady = received >= 0 || errno != EAGAIN
                count = max(0, received)
            }
            guard isReady else { return }
            let connection = state.connections[index]
            guard !words.isEmpty else {
                state.relay.closed(connection.id)
                Self.close(state.connections.remove(at: index))
                return
            }
            if connection.isHalfClosed { return }
            let direction: WireDirection = source == connection.client ? .toServer : .fromServer
            Self.spoil(direction == .fromServer ? state.hidden : state.mangled, in: &words)
            Self.perform(state.relay.received(words, direction, connection.id), &state)
        }
    }

    private static func spoil(_ spoiled: [[UInt8]], in words: inout [UInt8]) {
        for word in spoiled where words.count >= word.count {
            for start in 0...(words.count - word.count) where words[start...].starts(with: word) {
                words[start] = UInt8(ascii: "X")
            }
        }
    }

    private static func perform(_ effects: [WireRelay.Effect], _ state: inout State) {
        for effect in effects {
            switch effect {
            case .signal: state.onSignal?()
            case .send(let bytes, let direction, let id):
                guard let connection = state.connections.first(where: { $0.id == id }) else { break }
                self.send(bytes, to: direction == .toServer ? connection.server : connection.client)
            case .reset(let id), .finish(let id):
                guard let index = state.connections.firstIndex(where: { $0.id == id }) else { break }
                if case .reset = effect { LoopbackListener.resetOnClose(state.connections[index].client) }
                _ = Glibc.close(state.connections[index].client)
                // The server reads to the end what it was sent before it sees that nobody is there any more.
                shutdown(state.connections[index].server, Int32(SHUT_WR))
                state.connections[index].isHalfClosed = true
            case .resumeLater(let id):
                state.timers.append((at: .now.advanced(by: WireFault.stallTime), connection: id))
            }
        }
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
        if !connection.isHalfClosed { _ = Glibc.close(connection.client) }
        _ = Glibc.close(connection.server)
    }
}
