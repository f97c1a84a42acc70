import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS server that knows just enough IMAP for a client to log in and idle.
///
/// Prints its port; each line on its standard input makes it say `* 5 EXISTS` to every connection.
enum Server {
    static func run(folder: String) async throws {
        let chain = try NIOSSLCertificate.fromPEMFile(folder + "/server.pem").map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: folder + "/server.key", format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        )
        let all = Audience()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(Answers(audience: all))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        say("\(channel.localAddress?.port ?? 0)")
        while readLine() != nil { all.say("* 5 EXISTS\r\n") }
        try await channel.close()
    }
}

/// Everybody who is connected.
final class Audience: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    func joined(_ channel: any Channel) { self.channels.withLock { $0[ObjectIdentifier(channel)] = channel } }

    func left(_ channel: any Channel) { self.channels.withLock { $0[ObjectIdentifier(channel)] = nil } }

    func say(_ text: String) {
        for channel in self.channels.withLock({ Array($0.values) }) {
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }
    }
}

/// Answers a client's commands line by line.
final class Answers: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let audience: Audience
    private var pending = ""
    private var idleTag = ""

    init(audience: Audience) {
        self.audience = audience
    }

    func channelActive(context: ChannelHandlerContext) {
        self.audience.joined(context.channel)
        self.write("* OK ready\r\n", context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.audience.left(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pending += String(buffer: self.unwrapInboundIn(data))
        while let end = self.pending.firstIndex(of: "\r\n") {
            let words = self.pending[..<end].split(separator: " ")
            self.pending.removeSubrange(...end)
            self.answer(words.map(String.init), context)
        }
    }

    private func answer(_ words: [String], _ context: ChannelHandlerContext) {
        guard let tag = words.first else { return }
        switch words.dropFirst().first ?? tag {
        case "CAPABILITY":
            self.write("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE ENABLE QRESYNC ID\r\n\(tag) OK\r\n", context)
        case "ENABLE": self.write("* ENABLED QRESYNC\r\n\(tag) OK\r\n", context)
        case "EXAMINE":
            self.write(
                "* 4 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n* OK [HIGHESTMODSEQ 3] x\r\n\(tag) OK\r\n",
                context
            )
        case "IDLE":
            self.idleTag = tag
            self.write("+ idling\r\n", context)
        case "DONE": self.write("\(self.idleTag) OK\r\n", context)
        default: self.write("\(tag) OK\r\n", context)
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
