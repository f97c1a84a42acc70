/// A copy of a message that was recognised without its bytes.
///
/// They are compared when nothing else is to do; a difference makes a new message.
package struct PresumedPlacement: Hashable, Sendable {
    /// As the server showed it; the digest is that of the mail it is taken for.
    package let seen: SeenPlacement
    /// What became of the placement that was known.
    package let fate: Fate
    /// Why, where the fate needs a reason.
    package let reason: String?

    /// Puts the values together.
    package init(seen: SeenPlacement, fate: Fate, reason: String?) {
        self.seen = seen
        self.fate = fate
        self.reason = reason
    }
}
