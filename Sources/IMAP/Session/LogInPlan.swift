import MailTransport

/// How to log in: by what the server offers and which credential there is, free of I/O.
///
/// A password goes by SCRAM where it can, since then it does not travel; else by PLAIN, the LOGIN mechanism, or the LOGIN command.
/// A token never becomes a password, nor a password a token. Nothing here looks at TLS: without it there is no connection, unless a
/// person asked for plaintext by name.
enum LogInPlan: Equatable, Sendable {
    case sasl(SASLMechanism)
    /// RFC 9051 §6.2.3.
    case command

    /// The ways that are open, best first.
    static func ways(_ capabilities: IMAPCapabilities, user: String, credential: Credential) -> [LogInPlan] {
        switch credential {
        case .token:
            return Self.offered([.oauthBearer, .xoauth2], capabilities).map { .sasl($0) }
        case .password(let password):
            // Others would have to be prepared in a way that servers do differently (RFC 4013).
            let isPlain = (Array(user.utf8) + Array(password.reveal().utf8)).allSatisfy { (0x20...0x7e).contains($0) }
            let mechanisms: [SASLMechanism] = isPlain ? [.scramSHA256, .plain, .login] : [.plain, .login]
            let ways = Self.offered(mechanisms, capabilities).map { LogInPlan.sasl($0) }
            return capabilities.names("LOGINDISABLED") ? ways : ways + [.command]
        }
    }

    /// The way for this try, after `refusals` tries in a row were refused.
    ///
    /// The second try takes the second way: there are servers that offer a mechanism for which they keep no verifier of this user.
    /// Nil where none is open.
    static func way(
        _ capabilities: IMAPCapabilities,
        user: String,
        credential: Credential,
        refusals: Int
    ) -> LogInPlan? {
        let ways = Self.ways(capabilities, user: user, credential: credential)
        guard ways.count > 1, refusals % 2 == 1 else { return ways.first }
        return ways[1]
    }

    private static func offered(_ mechanisms: [SASLMechanism], _ capabilities: IMAPCapabilities) -> [SASLMechanism] {
        mechanisms.filter { capabilities.contains(Self.capability(of: $0)) }
    }

    private static func capability(of mechanism: SASLMechanism) -> IMAPExtension {
        switch mechanism {
        case .scramSHA256: .authScram
        case .plain: .authPlain
        case .login: .authLogin
        case .oauthBearer: .authOAuthBearer
        case .xoauth2: .authXOAuth2
        }
    }
}
