/// The cleartext talk that leads to STARTTLS: line in, step out, no I/O.
///
/// Each mail protocol brings its own. It sees every line until it asks for TLS, and its value is thrown away then,
/// so nothing said before TLS is known after it.
package protocol CleartextNegotiator: Sendable {
    /// Takes one line without its line end, and decides.
    mutating func received(line: [UInt8]) -> CleartextStep
}

/// What a ``CleartextNegotiator`` wants after a line.
package enum CleartextStep: Equatable, Sendable {
    /// The next line.
    case wait
    /// Send these bytes, then the next line.
    case send([UInt8])
    /// Start the TLS handshake; it is an attack if one byte stands behind the line just read.
    case startTLS
    /// Give up.
    case fail(TransportError.Reason)
}
