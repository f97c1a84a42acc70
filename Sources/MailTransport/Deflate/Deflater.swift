import CZlib

/// What goes out of a compressed connection: one raw DEFLATE stream (RFC 1951), flushed after each piece so that the peer can
/// answer it (RFC 4978 §3).
final class Deflater {
    private static let windowBits: Int32 = -15
    private static let memoryLevel: Int32 = 8
    /// What a flush may add to what does not compress.
    private static let slack = 64

    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(TransportError) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        let status = deflateInit2_(
            self.stream,
            Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            Self.windowBits,
            Self.memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard status == Z_OK else { throw TransportError(.connectionLost("no memory to compress")) }
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deinitialize(count: 1)
        self.stream.deallocate()
    }

    /// `bytes` compressed, so that the peer can read them all.
    func deflated(_ bytes: [UInt8]) throws(TransportError) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        let bound = Int(deflateBound(self.stream, UInt(bytes.count))) + Self.slack
        var status = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: bound) { space, count in
            bytes.withUnsafeBufferPointer { input in
                self.stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                self.stream.pointee.avail_in = UInt32(input.count)
                self.stream.pointee.next_out = space.baseAddress
                self.stream.pointee.avail_out = UInt32(bound)
                status = deflate(self.stream, Z_SYNC_FLUSH)
            }
            count = bound - Int(self.stream.pointee.avail_out)
        }
        // All was taken, and there was room for all that came out.
        guard status == Z_OK, self.stream.pointee.avail_in == 0, self.stream.pointee.avail_out > 0 else {
            throw TransportError(.connectionLost("what was sent cannot be compressed"))
        }
        return output
    }
}
