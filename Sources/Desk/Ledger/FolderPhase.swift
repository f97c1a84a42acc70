/// How far a folder has come.
package enum FolderPhase: String, CaseIterable, Sendable {
    /// Listed, never synchronised, or listed again after it was missing.
    case new
    /// Its first synchronisation is under way.
    case backfill
    /// Its cursor holds.
    case live
    /// Its UIDVALIDITY changed; what is in it is being recognised.
    case rematch
    /// The server does not list it any more.
    case missing
    /// The server lists it and will not open it.
    case phantom
}
