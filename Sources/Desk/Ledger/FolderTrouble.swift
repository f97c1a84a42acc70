/// Why a folder is not synchronised; the pass goes on without it and is not complete.
package enum FolderTrouble: String, CaseIterable, Hashable, Sendable {
    /// Three new epochs within an hour.
    case flips = "its UIDVALIDITY changes again and again"
    /// No UID can be trusted beyond a session.
    case noUIDValidity = "the server gives it no UIDVALIDITY"
    /// The server lists it and refuses to open it.
    case unreadable = "the server refuses to open it"
}
