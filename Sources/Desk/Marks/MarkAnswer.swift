/// A server's no, as far as the writing of marks depends on it.
package struct MarkRefusal: Hashable, Sendable {
    /// What the server said, for an administrator.
    package let reason: String
    /// Whether the same command may succeed a little later.
    package let isTransient: Bool

    /// Describes a refusal.
    package init(reason: String, isTransient: Bool = false) {
        self.reason = reason
        self.isTransient = isTransient
    }
}

/// What is known after a command that changes flags or folders.
package enum MarkAnswer: Hashable, Sendable {
    /// The server says it is done.
    case done
    /// The same, and these are the flags that it showed in its answer, by UID.
    case shown([UInt32: MarkFlags])
    /// The server says it is not done.
    case refused(MarkRefusal)
    /// Nobody knows: the answer is lost, or proves nothing.
    case unknown
}

/// What is known after a MOVE or a COPY.
package enum MarkTransfer: Hashable, Sendable {
    /// One mail, before and after.
    package struct Pair: Hashable, Sendable {
        /// The UID in the folder it was in.
        package let source: UInt32
        /// The UID in the folder it went to.
        package let destination: UInt32

        /// Pairs two UIDs.
        package init(source: UInt32, destination: UInt32) {
            self.source = source
            self.destination = destination
        }
    }

    /// Proven by COPYUID (RFC 4315): what it does not name was not there. With the destination's UIDVALIDITY.
    case done(uidValidity: UInt32, [Pair])
    /// The server says it is not done.
    case refused(MarkRefusal)
    /// The server offers MOVE and does not understand it: nothing was moved, and COPY is used from now on.
    case unsupported
    /// Nobody knows: the answer is lost, or proves nothing.
    case unknown
}

/// What SELECT said of the folder that is about to be changed.
package struct MarkSelection: Hashable, Sendable {
    /// Its UIDVALIDITY.
    package let uidValidity: UInt32
    /// Whether nothing can be changed in it.
    package let isReadOnly: Bool
    /// Marks that it takes, of those that were to be added.
    package let storable: Set<Mark>

    /// Describes an opened folder.
    package init(uidValidity: UInt32, isReadOnly: Bool, storable: Set<Mark>) {
        self.uidValidity = uidValidity
        self.isReadOnly = isReadOnly
        self.storable = storable
    }
}
