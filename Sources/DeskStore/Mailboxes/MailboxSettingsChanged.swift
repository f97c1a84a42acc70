/// The way to a mailbox's server changed while a connection was open: it is closed, and opened anew.
package struct MailboxSettingsChanged: Error, Equatable, Sendable, CustomStringConvertible {
    /// The mailbox that was changed.
    package init() {}

    /// For people.
    package var description: String { "the mailbox's settings were changed: connecting anew" }
}
