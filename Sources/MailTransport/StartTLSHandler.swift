import NIOCore
import NIOSSL

/// Speaks the cleartext part of a STARTTLS connection, then puts TLS in front and leaves the pipeline.
///
/// The TLS handler is added inside the read that carried the server's consent, so no byte can slip in between; a byte
/// behind that line in the same read is an attack and ends the connection.
final class StartTLSHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Longest cleartext line; a greeting is far below.
    static let lineLimit = 8 * 1024
    /// Most lines said before TLS.
    static let lineCountLimit = 100

    private var negotiator: any CleartextNegotiator
    private let makeTLSHandler: () throws -> NIOSSLClientHandler
    private var pending = ByteBuffer()
    private var lineCount = 0
    private var isDone = false

    init(negotiator: any CleartextNegotiator, makeTLSHandler: @escaping () throws -> NIOSSLClientHandler) {
        self.negotiator = negotiator
        self.makeTLSHandler = makeTLSHandler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDone else {
            context.fireChannelRead(data)
            return
        }
        var bytes = self.unwrapInboundIn(data)
        self.pending.writeBuffer(&bytes)
        while !self.isDone, let line = self.nextLine() {
            self.lineCount += 1
            guard self.lineCount <= Self.lineCountLimit else {
                return self.fail(.cleartextViolation("too many lines"), context: context)
            }
            self.perform(self.negotiator.received(line: line), context: context)
        }
        if !self.isDone, self.pending.readableBytes > Self.lineLimit {
            self.fail(.cleartextViolation("endless line"), context: context)
        }
    }

    private func nextLine() -> [UInt8]? {
        guard let index = self.pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let length = index - self.pending.readerIndex
        guard var line = self.pending.readBytes(length: length) else { return nil }
        self.pending.moveReaderIndex(forwardBy: 1)
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    private func perform(_ step: CleartextStep, context: ChannelHandlerContext) {
        switch step {
        case .wait:
            break
        case .send(let bytes):
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .startTLS:
            guard self.pending.readableBytes == 0 else { return self.fail(.bytesBeforeTLS, context: context) }
            self.isDone = true
            do {
                try context.pipeline.syncOperations.addHandler(self.makeTLSHandler(), position: .first)
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch {
                context.fireErrorCaught(error)
            }
        case .fail(let reason):
            self.fail(reason, context: context)
        }
    }

    private func fail(_ reason: TransportError.Reason, context: ChannelHandlerContext) {
        self.isDone = true
        self.pending.clear()
        context.fireErrorCaught(TransportError(reason))
    }
}
