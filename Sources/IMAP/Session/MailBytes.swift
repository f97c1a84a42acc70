import NIOCore

/// A portion of a mail's bytes as it came from the socket, without having been copied.
///
/// It holds on to what was read together with it, up to 256 KiB: who keeps a mail copies it out and lets go.
package struct MailBytes: Equatable, Sendable {
    private let buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// A portion from bytes at hand.
    package init(_ bytes: [UInt8]) {
        self.buffer = ByteBuffer(bytes: bytes)
    }

    /// How many bytes.
    package var count: Int { self.buffer.readableBytes }

    /// The bytes, for as long as `body` runs.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try self.buffer.withUnsafeReadableBytes(body)
    }
}

extension [UInt8] {
    /// Adds the bytes of a mail, or the first `limit` of them.
    package mutating func append(_ bytes: MailBytes, limit: Int = .max) {
        bytes.withUnsafeBytes { self.append(contentsOf: $0.prefix(limit)) }
    }
}
