/// One SQL statement and the name it is prepared under.
///
/// A connection prepares it the first time it is used there. Two statements of one program never share a name, since the
/// name is also what errors and logs show in place of the text.
package struct SQL: Sendable, Hashable {
    /// The name, such as `ticket.claim`; at most 40 bytes, so that the server does not cut it.
    package let name: String
    /// One statement with `$1`, `$2`, … for the binds.
    package let text: String

    /// Names a statement.
    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}
