/// How a connection is protected.
///
/// Decided by the configuration, never by what a server offers.
package enum TransportSecurity: Equatable, Sendable {
    /// TLS from the first byte (RFC 8314 §3).
    case implicitTLS
    /// A cleartext greeting, then TLS; the connection fails where the server will not.
    case startTLS
    /// No TLS.
    ///
    /// Only to the same machine, unless `forced`.
    case plaintext(forced: Bool)
}
