import Logging
import NIOCore
import NIOPosix
import Testing

@testable import MailTransport

@Suite("Reading in bulk")
struct BulkReadsTests {
    private static func time(_ microseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .microseconds(microseconds)
    }

    struct Row: Sendable {
        /// Bytes of each read.
        var bytes: [Int]
        /// When it came, in µs.
        var times: [Int64]
        var collects: Bool
    }

    private static let full = BulkReads.bulk
    private static let rows = [
        Row(bytes: [Self.full, Self.full, Self.full], times: [0, 900, 1_900], collects: true),
        Row(bytes: [Self.full, Self.full], times: [0, 900], collects: false),
        Row(bytes: [Self.full - 1, Self.full - 1, Self.full - 1], times: [0, 1, 2], collects: false),
        Row(bytes: [Self.full, Self.full, 1, Self.full], times: [0, 900, 901, 902], collects: false),
        Row(bytes: [Self.full, Self.full, Self.full], times: [0, 900, 1_901], collects: false),
    ]

    @Test(arguments: Self.rows)
    func `the kernel collects where large reads follow each other closely`(row: Row) {
        var bulk = BulkReads()
        var begins = false
        for (bytes, time) in zip(row.bytes, row.times) { begins = bulk.received(bytes, at: Self.time(time)) }
        #expect(begins == row.collects)
        #expect(bulk.isCollecting == row.collects)
    }

    @Test func `it ends where nothing came between two looks, and begins anew`() {
        var bulk = BulkReads()
        func reads(_ count: Int) -> Bool {
            var begins = false
            for _ in 0..<count { begins = bulk.received(BulkReads.bulk, at: Self.time(0)) }
            return begins
        }
        #expect(reads(3))
        #expect(!reads(1))
        let looks = [bulk.goesOn(), bulk.goesOn()]
        #expect(looks == [true, false])
        #expect(!bulk.isCollecting)
        #expect(!reads(2))
        #expect(reads(1))
    }

    /// Sends what was asked for, and then stays silent without closing.
    private final class Source: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let portions: [Int]

        init(portions: [Int]) {
            self.portions = portions
        }

        func channelActive(context: ChannelHandlerContext) {
            for (index, count) in self.portions.enumerated() {
                context.writeAndFlush(
                    NIOAny(ByteBuffer(repeating: UInt8(truncatingIfNeeded: index), count: count)),
                    promise: nil
                )
            }
        }
    }

    // The last bytes are fewer than the kernel collects: nobody but the patience gives them out.
    @Test(arguments: [[8 << 20, 10], [300_000, 1], [64, 1 << 20, 262_143]])
    func `all that a stream holds is read, also the little at its end`(portions: [Int]) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Source(portions: portions))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let endpoint = MailEndpoint(
            host: "127.0.0.1",
            port: try #require(server.localAddress?.port),
            security: .plaintext(forced: false)
        )
        let stream = try await MailDialer.open(
            endpoint,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        var received = 0
        var last: UInt8?
        let total = portions.reduce(0, +)
        while received < total {
            guard case .bytes(let bytes) = try await stream.read(within: .seconds(20)) else {
                Issue.record("only \(received) of \(total) bytes came")
                break
            }
            received += bytes.readableBytes
            last = bytes.readableBytesView.last
        }
        #expect(received == total)
        #expect(last == UInt8(portions.count - 1))
        stream.close()
        try await server.close()
    }
}
