import NIOCore
import NIOPosix
import NIOSSL

/// An IMAP server in this process that says what a test wants, on a port of 127.0.0.1.
///
/// It answers the log-in sensibly by itself; `reactions` replace its answer to a verb, by the n-th use of it.
struct ScriptedServer: Sendable {
    /// What to do when a command came.
    enum Step: Sendable {
        /// `<tag>` becomes the command's tag.
        case send(String)
        /// That many times the same bytes, as fast as the client takes them.
        case flood(String, times: Int)
        /// TLS starts with what comes next.
        case startTLS
        case close
    }
    typealias Reaction = @Sendable (_ tag: String, _ arguments: String, _ use: Int) -> [Step]

    var greeting = "* OK ready\r\n"
    var capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE UNSELECT LITERAL+ ENABLE CONDSTORE"
    var reactions: [String: Reaction] = [:]
    /// Certificate and key: TLS from the first byte, or after STARTTLS.
    var certificate: TestCertificate?
    var isImplicitTLS = false
    /// What it says instead of `+` to a literal that waits for one.
    var answersLiterals: String?

    init(reactions: [String: Reaction] = [:]) {
        self.reactions = reactions
    }

    /// The same steps for every use of `verb`.
    mutating func on(_ verb: String, _ steps: Step...) {
        self.reactions[verb] = { _, _, _ in steps }
    }

    /// Runs `body` with the server's port and the record of what clients sent.
    func run<R: Sendable>(_ body: (_ port: Int, _ record: Transcript) async throws -> R) async throws -> R {
        let record = Transcript()
        let context = try self.certificate.map { try $0.serverContext() }
        let server = self
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context, server.isImplicitTLS {
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try pipeline.addHandler(ScriptHandler(server: server, context: context, record: record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: R
        do {
            result = try await body(channel.localAddress?.port ?? 0, record)
        } catch {
            try await channel.close().get()
            throw error
        }
        try await channel.close().get()
        return result
    }

    /// What it answers to `verb` by itself.
    static func answers(to verb: String) -> Reaction {
        { tag, arguments, use in ScriptedServer().steps(tag: tag, verb: verb, arguments: arguments, use: use) }
    }

    fileprivate func steps(tag: String, verb: String, arguments: String, use: Int) -> [Step] {
        if let reaction = self.reactions[verb] { return reaction(tag, arguments, use) }
        switch verb {
        case "CAPABILITY":
            return [.send("* CAPABILITY \(self.capabilities)\r\n<tag> OK done\r\n")]
        case "LOGIN", "AUTHENTICATE":
            return [.send("<tag> OK [CAPABILITY \(self.capabilities)] in\r\n")]
        case "ENABLE":
            return [.send("* ENABLED \(arguments)\r\n<tag> OK done\r\n")]
        case "SELECT", "EXAMINE":
            return [
                .send(
                    "* 3 EXISTS\r\n* FLAGS (\\Seen $a)\r\n* OK [PERMANENTFLAGS (\\Seen $a \\*)] x\r\n"
                        + "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n* OK [HIGHESTMODSEQ 42] x\r\n"
                        + "<tag> OK [\(verb == "SELECT" ? "READ-WRITE" : "READ-ONLY")] done\r\n"
                )
            ]
        case "UID SEARCH":
            return [.send("* SEARCH 1 2 5\r\n<tag> OK done\r\n")]
        case "LOGOUT":
            return [.send("* BYE bye\r\n<tag> OK done\r\n"), .close]
        case "STARTTLS":
            return [.send("<tag> OK go\r\n"), .startTLS]
        case "IDLE":
            return [.send("+ idling\r\n")]
        case "DONE":
            return [.send("<tag> OK idled\r\n")]
        default:
            return [.send("<tag> OK done\r\n")]
        }
    }
}

/// Speaks for ``ScriptedServer`` on one connection: reads commands with their literals, performs steps.
private final class ScriptHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ScriptedServer
    private let context: NIOSSLContext?
    private let record: Transcript
    private var pending = ByteBuffer()
    private var command = ""
    private var literalLeft = 0
    private var uses: [String: Int] = [:]
    private var idleTag = ""
    private var authenticationTag = ""
    private var flood: (piece: ByteBuffer, left: Int)?
    private var afterFlood: [ScriptedServer.Step] = []
    private var hasGreeted = false
    private var isEncrypted: Bool

    init(server: ScriptedServer, context: NIOSSLContext?, record: Transcript) {
        self.server = server
        self.context = context
        self.record = record
        self.isEncrypted = context != nil && server.isImplicitTLS
    }

    func channelActive(context: ChannelHandlerContext) {
        self.record.connected()
        if !self.hasGreeted { self.perform([.send(self.server.greeting)], tag: "", context: context) }
        self.hasGreeted = true
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        self.pending.writeBuffer(&bytes)
        while self.step(context: context) {}
    }

    private func step(context: ChannelHandlerContext) -> Bool {
        if self.literalLeft > 0 {
            let length = min(self.literalLeft, self.pending.readableBytes)
            guard length > 0, let bytes = self.pending.readBytes(length: length) else { return false }
            self.literalLeft -= length
            self.command += String(decoding: bytes, as: UTF8.self)
            return true
        }
        guard let end = self.pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let line = self.pending.readString(length: end - self.pending.readerIndex + 1)
        else { return false }
        let text = line.trimmingSuffix { $0.isNewline }
        self.command += text
        if text.hasSuffix("}"), let open = text.lastIndex(of: "{") {
            let isImmediate = text.hasSuffix("+}")
            let digits = text[text.index(after: open)...].prefix { $0.isNumber }
            self.literalLeft = Int(digits) ?? 0
            if !isImmediate, let answer = self.server.answersLiterals {
                let tag = self.command.prefix { $0 != " " }
                self.write(answer.replacing("<tag>", with: tag), context: context)
            } else if !isImmediate {
                self.write("+ go on\r\n", context: context)
            }
            return true
        }
        self.complete(context: context)
        return true
    }

    private func complete(context: ChannelHandlerContext) {
        let command = self.command
        self.command = ""
        self.record.received(command, isEncrypted: self.isEncrypted)
        var words = command.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        if command == "DONE" { words = [self.idleTag, "DONE"] }
        if words.count == 1, !self.authenticationTag.isEmpty { words = [self.authenticationTag, "RESPONSE"] }
        guard words.count >= 2 else { return }
        var verb = words[1].uppercased()
        var arguments = words.count > 2 ? words[2] : ""
        if verb == "UID" {
            let rest = arguments.split(separator: " ", maxSplits: 1).map(String.init)
            verb = "UID " + (rest.first ?? "").uppercased()
            arguments = rest.count > 1 ? rest[1] : ""
        }
        if verb == "IDLE" { self.idleTag = words[0] }
        if verb == "AUTHENTICATE" { self.authenticationTag = words[0] }
        let use = self.uses[verb, default: 0]
        self.uses[verb] = use + 1
        let steps = self.server.steps(tag: words[0], verb: verb, arguments: arguments, use: use)
        self.perform(steps, tag: words[0], context: context)
    }

    private func perform(_ steps: [ScriptedServer.Step], tag: String, context: ChannelHandlerContext) {
        for (index, step) in steps.enumerated() {
            switch step {
            case .send(let text):
                self.write(text.replacing("<tag>", with: tag), context: context)
            case .flood(let text, let times):
                self.flood = (ByteBuffer(string: text), times)
                self.afterFlood = steps[(index + 1)...].map { step in
                    if case .send(let text) = step { return .send(text.replacing("<tag>", with: tag)) }
                    return step
                }
                self.pour(context: context)
                return
            case .startTLS:
                guard let tls = self.context else { return }
                self.isEncrypted = true
                do {
                    try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
                } catch {
                    context.close(promise: nil)
                }
            case .close:
                context.close(promise: nil)
            }
        }
    }

    /// Writes as long as the client takes it, and goes on when it does again.
    private func pour(context: ChannelHandlerContext) {
        while let (piece, left) = self.flood, context.channel.isWritable {
            guard left > 0 else {
                self.flood = nil
                self.perform(self.afterFlood, tag: "", context: context)
                return
            }
            self.flood = (piece, left - 1)
            context.writeAndFlush(self.wrapOutboundOut(piece), promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.pour(context: context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func write(_ text: String, context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
