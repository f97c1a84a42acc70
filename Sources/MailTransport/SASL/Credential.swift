/// What a log-in is proved with.
package enum Credential: Equatable, Sendable {
    case password(Secret)
    /// An OAuth 2.0 access token (RFC 6750), which is good for a while.
    case token(Secret)
}
