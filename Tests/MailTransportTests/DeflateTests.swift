import NIOCore
import Testing

@testable import MailTransport

@Suite("Compressed connections")
struct DeflateTests {
    private static func all(_ inflater: Inflater) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try inflater.next() { bytes += piece.readableBytesView }
        return bytes
    }

    @Test(arguments: [1, 3, 1000, 70_000])
    func `what goes in comes out, in whatever portions it arrives`(portion: Int) throws {
        let (deflater, inflater) = (try Deflater(), try Inflater())
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<30_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = Array(String(repeating: "* 1 FETCH (FLAGS (\\Seen))\r\n", count: 5000).utf8)
        for message in [text, [], noise, Array("a1 NOOP\r\n".utf8)] {
            let compressed = try deflater.deflated(message)
            var output: [UInt8] = []
            for start in stride(from: 0, to: compressed.count, by: portion) {
                inflater.feed(ByteBuffer(bytes: compressed[start..<min(start + portion, compressed.count)]))
                output += try Self.all(inflater)
            }
            #expect(output == message)
        }
    }

    @Test func `a bomb comes out in pieces, one at a time`() throws {
        let (deflater, inflater) = (try Deflater(), try Inflater())
        let bomb = try deflater.deflated([UInt8](repeating: 0x20, count: 50_000_000))
        #expect(bomb.count < 100_000)
        inflater.feed(ByteBuffer(bytes: bomb))
        var count = 0
        while let piece = try inflater.next() {
            #expect(piece.readableBytes <= Inflater.pieceLength)
            count += piece.readableBytes
        }
        #expect(count == 50_000_000)
    }

    @Test(arguments: [[0xff, 0xff, 0xff, 0xff], [0x03, 0x00, 0x61, 0x62]] as [[UInt8]])
    func `a damaged stream, and bytes behind its end, are errors`(bytes: [UInt8]) throws {
        let inflater = try Inflater()
        inflater.feed(ByteBuffer(bytes: bytes))
        #expect(throws: TransportError.self) {
            for _ in 0..<3 { _ = try inflater.next() }
        }
    }
}
