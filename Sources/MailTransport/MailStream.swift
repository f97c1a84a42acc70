package import NIOCore

/// A connection as its owner sees it: bytes in, bytes out, each wait with a limit.
///
/// Used by one task at a time, hence not Sendable; ``waker`` may go anywhere. What is read was said after TLS, where TLS
/// was asked for. After ``close()``, a failure or a cancelled task nothing more can be read.
package final class MailStream {
    /// What a wait for bytes ended with.
    package enum Reading: Equatable, Sendable {
        /// At least one byte, in wire order.
        case bytes(ByteBuffer)
        /// The server closed the connection.
        case endOfStream
        /// Nothing came within the limit.
        case timedOut
        /// ``Waker/wake()`` was called since the last wait.
        case woken
        /// The task is cancelled; nothing was read and nothing will be.
        case cancelled
    }

    /// Ends the wait of a stream's reader from another task.
    package struct Waker: Sendable {
        let core: StreamCore

        /// The current wait ends with `.woken`, or the next one if there is none.
        package func wake() {
            self.core.wake()
        }
    }

    private let core: StreamCore
    private let writeTimeout: Duration
    private var compression: (inflater: Inflater, deflater: Deflater)?
    private var receivedCount = 0
    private let executor: LoopExecutor?

    /// True where TLS protects the connection.
    package let isEncrypted: Bool

    /// `executor` is that of the channel's event loop, where work may be done on it.
    init(core: StreamCore, isEncrypted: Bool, writeTimeout: Duration, executor: LoopExecutor? = nil) {
        self.core = core
        self.executor = executor
        self.isEncrypted = isEncrypted
        self.writeTimeout = writeTimeout
    }

    /// Ends waits from other tasks.
    package var waker: Waker { Waker(core: self.core) }

    /// Runs `body` on the thread on which bytes arrive: for reading much, without a change of threads for each portion.
    ///
    /// While `body` works, all connections of that thread wait; so it must never block.
    package func nearby<R>(_ body: () async throws -> R) async rethrows -> R {
        try await withTaskExecutorPreference(self.executor) { try await body() }
    }

    /// The next bytes.
    ///
    /// Waits at most `limit` (nil: forever). Throws what broke the connection.
    package func read(within limit: Duration?) async throws(TransportError) -> Reading {
        let deadline = limit.map { self.core.channel.eventLoop.now + TimeAmount($0) }
        while true {
            if let bytes = try self.compression?.inflater.next() { return .bytes(bytes) }
            switch await self.core.wait(deadline: deadline, forReady: false) {
            case .bytes(let bytes):
                self.receivedCount += bytes.readableBytes
                guard let compression = self.compression else { return .bytes(bytes) }
                compression.inflater.feed(bytes)
            case .endOfStream: return .endOfStream
            case .failed(let error): throw error
            case .timedOut: return .timedOut
            case .woken, .ready: return .woken
            case .cancelled: return .cancelled
            }
        }
    }

    /// How many bytes came from the socket since this was last asked, whatever they were inflated to.
    package func takeReceivedCount() -> Int {
        defer { self.receivedCount = 0 }
        return self.receivedCount
    }

    /// Whether the peer is this machine.
    package var isLocal: Bool {
        // Without an address there is nobody there any more.
        self.core.channel.remoteAddress.map { PeerName.isLoopback($0) } ?? true
    }

    /// Whether ``startCompression(after:)`` was called.
    package var isCompressed: Bool { self.compression != nil }

    /// From now on both directions are DEFLATE (RFC 4978); `bytes` came behind the peer's consent and are compressed already.
    ///
    /// Limits of who reads count what comes out, of which there is never more than a piece in memory.
    package func startCompression(after bytes: ByteBuffer) throws(TransportError) {
        let inflater = try Inflater()
        inflater.feed(bytes)
        self.compression = (inflater, try Deflater())
    }

    /// Sends a few bytes without waiting for the peer to take them; a failure shows in the next read.
    package func send(_ bytes: [UInt8]) {
        do {
            let bytes = try self.compression?.deflater.deflated(bytes) ?? bytes
            self.core.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        } catch {
            self.core.ended(error)
            self.core.channel.close(promise: nil)
        }
    }

    /// Sends many bytes in pieces of 64 KiB, each taken by the socket before the next; so memory stays bounded.
    ///
    /// Throws `.timedOut(.write, …)` where the peer takes no piece within the limit; the connection is closed then.
    package func sendLarge(_ bytes: [UInt8]) async throws(TransportError) {
        let pieceLength = 64 * 1024
        var offset = 0
        while offset < bytes.count {
            let piece = bytes[offset..<min(offset + pieceLength, bytes.count)]
            offset += piece.count
            let compressed = try self.compression?.deflater.deflated(Array(piece))
            try await self.sendPiece(compressed.map { ByteBuffer(bytes: $0) } ?? ByteBuffer(bytes: piece))
        }
    }

    private func sendPiece(_ piece: ByteBuffer) async throws(TransportError) {
        let core = self.core
        let limit = self.writeTimeout
        let guardTimer = core.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            core.ended(TransportError(.timedOut(.write, after: limit)))
            core.channel.close(promise: nil)
        }
        defer { guardTimer.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await core.channel.writeAndFlush(piece).get()
            } onCancel: {
                core.channel.close(promise: nil)
            }
        } catch {
            if Task.isCancelled { throw TransportError(.cancelled) }
            // The reader's side knows the first cause, such as a broken TLS stream or the limit above.
            if case .failed(let cause) = await core.wait(deadline: .now(), forReady: true) { throw cause }
            throw TransportError(mapping: error, host: "")
        }
    }

    /// Waits until the stream can carry bytes, TLS handshake included.
    func awaitReady(within limit: Duration, phase: TransportError.Phase) async throws(TransportError) {
        switch await self.core.wait(deadline: .now() + TimeAmount(limit), forReady: true) {
        case .ready: return
        case .failed(let error): throw error
        case .timedOut: throw TransportError(.timedOut(phase, after: limit))
        case .cancelled: throw TransportError(.cancelled)
        case .endOfStream, .bytes, .woken:
            throw TransportError(.connectionLost("the server closed it before TLS was up"))
        }
    }

    /// Closes at once; TLS says good-bye where the peer still listens.
    package func close() {
        self.core.ended(TransportError(.connectionLost("closed by us")))
        self.core.channel.close(promise: nil)
    }
}
