import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// As many bare TLS channels: a socket, NIOSSL, and a handler that counts what it hears.
enum Bare {
    static func run(_ assignment: Assignment) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(assignment.caFile)
        let context = try NIOSSLContext(configuration: configuration)
        let heard = Counter()
        var channels: [any Channel] = []
        var before = 0
        for number in 0..<(Assignment.warmUp + assignment.count) {
            if number == Assignment.warmUp {
                await heard.reaches(Assignment.warmUp)
                before = try Memory.privateBytes()
            }
            channels.append(try await self.connect(context, heard, port: assignment.port))
        }
        // Everybody was greeted: the handshakes are over.
        await heard.reaches(Assignment.warmUp + assignment.count)
        let perConnection = (try Memory.privateBytes() - before) / assignment.count
        say("ready")
        await heard.reaches(2 * (Assignment.warmUp + assignment.count))
        say("\(perConnection)")
        for channel in channels { channel.close(promise: nil) }
    }

    private static func connect(_ context: NIOSSLContext, _ heard: Counter, port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    try channel.pipeline.syncOperations.addHandler(tls)
                    try channel.pipeline.syncOperations.addHandler(Listener(heard: heard))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: Counter

        init(heard: Counter) {
            self.heard = heard
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.heard.add()
        }
    }
}

/// Counts, and lets one task wait for a count.
final class Counter: Sendable {
    private struct State {
        var count = 0
        var goal = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add() {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.count += 1
            guard state.count >= state.goal else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func reaches(_ goal: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.count >= goal { return true }
                (state.goal, state.waiter) = (goal, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
