/// Something that the matrix needs did not come about; the text says what was seen instead.
package struct CrashError: Error, Sendable, CustomStringConvertible {
    /// What was expected, and what was there.
    package let description: String

    /// An error with this text.
    package init(_ description: String) {
        self.description = description
    }
}
