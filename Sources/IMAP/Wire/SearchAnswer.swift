/// What SEARCH or ESEARCH answers (RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 4731, RFC 7162 §3.1.5).
///
/// Whether the numbers are UIDs says the command that was sent, not ``saysUID``: servers leave the mark out.
package struct SearchAnswer: Equatable, Sendable {
    /// True for ESEARCH, false for SEARCH.
    package var isExtended: Bool
    /// The tag of the command it answers, where ESEARCH says so.
    package var tag: String?
    /// True where ESEARCH says that its numbers are UIDs.
    package var saysUID = false
    /// What was found: sorted, without repetitions and without 0; nil where ESEARCH does not list it.
    ///
    /// Empty proves nothing: see whether the folder is empty.
    package var all: UIDSet?
    /// The lowest found.
    package var min: UInt32?
    /// The highest found.
    package var max: UInt32?
    /// How many were found.
    package var count: UInt32?
    /// The highest modification sequence of what was found.
    package var highestModSeq: UInt64?

    /// An answer without anything found.
    package init(isExtended: Bool, all: UIDSet? = nil) {
        self.isExtended = isExtended
        self.all = all
    }
}
