/// The flags of one UID as an answer showed them.
package struct ObservedFlags: Hashable, Sendable {
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    /// As the server spells them, sorted, without `\Recent`.
    package let flags: [String]
    /// MODSEQ, where the server has it.
    package let modSeq: UInt64?

    /// Puts the values together.
    package init(uid: UInt32, flags: [String], modSeq: UInt64? = nil) {
        self.uid = uid
        self.flags = Self.stored(flags)
        self.modSeq = modSeq
    }

    /// Flags as the ledger keeps them: sorted, without `\Recent`, which belongs to a session (RFC 9051 §2.3.2).
    package static func stored(_ flags: [String]) -> [String] {
        if flags.count < 2, flags.first.map({ $0.utf8.count != 7 }) ?? true { return flags }
        return flags.filter { $0.lowercased() != "\\recent" }.sorted()
    }
}
