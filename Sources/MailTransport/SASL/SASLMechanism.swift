/// A SASL mechanism that Baton speaks, by its registered name.
package enum SASLMechanism: String, CaseIterable, Sendable {
    /// RFC 7677: the password itself never travels, and the server proves that it knows it.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 4616.
    case plain = "PLAIN"
    /// Two prompts, no standard; what some servers offer instead of PLAIN.
    case login = "LOGIN"
    /// RFC 7628.
    case oauthBearer = "OAUTHBEARER"
    /// The form before it, which Google and Microsoft describe.
    case xoauth2 = "XOAUTH2"
}
