/// Who causes an event, and by what way.
package struct Actor: Hashable, Sendable {
    /// A handle, `mail client` or `baton`.
    package let name: String
    /// By what way.
    package let origin: Origin

    /// Names an actor.
    package init(name: String, origin: Origin) {
        self.name = name
        self.origin = origin
    }

    /// One account, many people: who moved or flagged a mail cannot be known.
    package static let mailClient = Actor(name: "mail client", origin: .mailClient)

    /// Baton itself, because of a mail, a rule, a policy or what it found.
    package static func baton(_ origin: Origin) -> Actor { Actor(name: "baton", origin: origin) }
}
