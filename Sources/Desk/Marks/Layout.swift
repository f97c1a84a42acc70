/// How a mailbox shows its tickets.
///
/// A mailbox without a layout is only observed, never written.
package enum Layout: String, CaseIterable, Hashable, Sendable {
    /// Folders alone say who owns; for any server and any client.
    case folders
    /// Keywords say who owns, folders only open, closed or spam.
    case keywords
    /// Folders say who owns; keywords repeat it.
    case both

    /// Whether Baton writes keywords.
    package var writesKeywords: Bool {
        switch self {
        case .folders: false
        case .keywords, .both: true
        }
    }
}
