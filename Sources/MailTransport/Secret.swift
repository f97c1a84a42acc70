/// A password or token that prints as `‹redacted›`, whatever prints it.
package struct Secret: Sendable, Equatable {
    private let value: String

    /// Wraps `value`; nothing but ``reveal()`` gives it back.
    package init(_ value: String) {
        self.value = value
    }

    /// The value itself, for the one place that sends it.
    package func reveal() -> String {
        self.value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `‹redacted›`.
    package var description: String { "‹redacted›" }
    /// Always `‹redacted›`.
    package var debugDescription: String { "‹redacted›" }
    /// A mirror without children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
