import Glibc
import NIOCore
import NIOTLS

/// The last handler of the pipeline: gives bytes to ``StreamCore`` and holds reads back while its reader lags.
final class StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let core: StreamCore
    private let awaitsTLS: Bool
    private let host: String
    private var reads = BulkReads()

    init(core: StreamCore, awaitsTLS: Bool, host: String) {
        self.core = core
        self.awaitsTLS = awaitsTLS
        self.host = host
    }

    func channelActive(context: ChannelHandlerContext) {
        if !self.awaitsTLS { self.core.becameReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { self.core.becameReady() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if self.reads.received(bytes.readableBytes, at: .now()) {
            self.collect(BulkReads.portion, context)
            self.watch(context)
        }
        // TLS hands out its own buffer, of 32 KiB whatever is in it, and makes another where it does not get it back. A line or two
        // are copied, so that a connection that is silent for minutes keeps one of them, most of it never touched.
        self.core.received(bytes.readableBytes <= Self.copied ? ByteBuffer(bytes: bytes.readableBytesView) : bytes)
    }

    /// Bytes in a portion up to which it is cheaper to copy them than to keep their buffer.
    private static let copied = 2048

    /// Looks every now and then whether bytes still come.
    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: BulkReads.patience) {
            let (handler, context) = bound.value
            guard context.channel.isActive else { return }
            if handler.reads.goesOn() { handler.watch(context) } else { handler.collect(1, context) }
        }
    }

    /// Has the kernel tell of bytes once there are so many.
    private func collect(_ bytes: Int, _ context: ChannelHandlerContext) {
        do {
            try context.channel.syncOptions?.setOption(
                .socketOption(.init(rawValue: SO_RCVLOWAT)),
                value: .init(bytes)
            )
        } catch {
            // A socket without such a mark is read as always; one that is gone says so when it is read.
        }
    }

    func read(context: ChannelHandlerContext) {
        if self.core.mayRead() { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.core.ended(nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.core.ended(TransportError(mapping: error, host: self.host))
        context.close(promise: nil)
    }
}
