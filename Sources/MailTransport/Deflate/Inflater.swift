import CZlib
import NIOCore

/// What comes in of a compressed connection: one raw DEFLATE stream (RFC 1951) for its whole life, as RFC 4978 has it.
///
/// Gives at most ``pieceLength`` bytes at a time, and only when asked: a byte that stands for a thousand costs memory for one piece, and
/// its reader counts and limits what comes out like anything else it reads.
final class Inflater {
    /// Most bytes given at once.
    static let pieceLength = 64 * 1024
    /// 2¹⁵ bytes of window, negative for a stream without zlib's own head and sum.
    private static let windowBits: Int32 = -15

    private let stream: UnsafeMutablePointer<z_stream>
    private var input = ByteBuffer()
    /// The last piece was full, so that there may be more without further input.
    private var mayHoldMore = false
    private var isOver = false

    init() throws(TransportError) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        guard inflateInit2_(self.stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            throw TransportError(.connectionLost("no memory to decompress"))
        }
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deinitialize(count: 1)
        self.stream.deallocate()
    }

    /// Adds bytes from the socket.
    func feed(_ bytes: ByteBuffer) {
        guard self.input.readableBytes > 0 else {
            self.input = bytes
            return
        }
        var bytes = bytes
        self.input.writeBuffer(&bytes)
    }

    /// The next piece, or nil where more input is needed.
    ///
    /// Throws where the stream is damaged, or the peer ended it while the connection is open.
    func next() throws(TransportError) -> ByteBuffer? {
        guard self.input.readableBytes > 0 || self.mayHoldMore else { return nil }
        guard !self.isOver else {
            throw TransportError(.connectionLost("bytes after the end of the compressed stream"))
        }
        var output = ByteBufferAllocator().buffer(capacity: Self.pieceLength)
        let available = self.input.readableBytes
        var status = Z_OK
        let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceLength) { space in
            let length = min(space.count, Self.pieceLength)
            self.input.withUnsafeReadableBytes { bytes in
                // zlib reads from what it takes as mutable, and writes nothing there.
                self.stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: bytes.bindMemory(to: UInt8.self).baseAddress
                )
                self.stream.pointee.avail_in = UInt32(available)
                self.stream.pointee.next_out = space.bindMemory(to: UInt8.self).baseAddress
                self.stream.pointee.avail_out = UInt32(length)
                status = inflate(self.stream, Z_SYNC_FLUSH)
            }
            return length - Int(self.stream.pointee.avail_out)
        }
        self.input.moveReaderIndex(forwardBy: available - Int(self.stream.pointee.avail_in))
        if self.input.readableBytes == 0 { self.input = ByteBuffer() }
        self.mayHoldMore = written == Self.pieceLength
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: self.isOver = true
        default: throw TransportError(.connectionLost("the compressed stream is damaged"))
        }
        return written > 0 ? output : nil
    }
}
