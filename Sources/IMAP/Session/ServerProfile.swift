/// What Baton uses of a server for each purpose, and what instead: decided from what is offered, enabled, contradicted and
/// switched off by hand, never from the name of a product.
///
/// A value: ingestion, the mark writer and the probe all ask the same one. What only a folder knows (whether it keeps
/// modification sequences, whether it takes keywords) is asked with the folder. Source: imap-field-notes §1.2.
package struct ServerProfile: Equatable, Sendable {
    /// What the server can do as a whole, strongest first.
    package enum Tier: Equatable, Sendable {
        /// SELECT itself names what changed and what vanished.
        case qresync
        /// FETCH CHANGEDSINCE names what changed.
        case condStore
        /// Everything is compared; owners can show as keywords.
        case keywords
        /// Everything is compared; owners can show as folders only.
        case bare
    }

    /// How changed flags and vanished mails of a folder are found.
    package enum ChangeDetection: Equatable, Sendable {
        /// SELECT (QRESYNC …) names both.
        case qresync
        /// FETCH CHANGEDSINCE names flags; a wrong count betrays what vanished.
        case condStore
        /// UIDNEXT tells of new mail, comparing all flags of the rest.
        case compare
    }

    /// How the server tells of news by itself.
    package enum Waiting: Equatable, Sendable {
        /// One connection hears of all folders.
        case notify
        /// One connection hears of one folder.
        case idle
        /// Nothing; polling alone.
        case poll
    }

    /// How all folders are looked at.
    package enum Sweep: Equatable, Sendable {
        /// One round trip.
        case listStatus
        /// One STATUS a folder.
        case statusEach
    }

    /// How mail is moved.
    package enum Moving: Equatable, Sendable {
        case move
        /// COPY, `\Deleted`, UID EXPUNGE.
        case copyAndExpunge
        /// COPY, `\Deleted`, and there it stays: a bare EXPUNGE would take others' mail with it.
        case copyAndMark
    }

    /// How the folders' roles are known.
    package enum FolderRoles: Equatable, Sendable {
        case specialUse
        case names
    }

    /// How a mail is recognised that somebody moved.
    package enum Identity: Equatable, Sendable {
        /// EMAILID (RFC 8474).
        case objectID
        /// X-GM-MSGID.
        case gmail
        /// Message-ID, date and size, then the bytes.
        case digest
    }

    /// How one extension stands.
    package enum Standing: Equatable, Sendable {
        /// Offered and used.
        case used
        case notOffered
        /// Offered, but of no use without this one.
        case lacks(IMAPExtension)
        /// Offered, and the server's ENABLED did not name it.
        case notEnabled
        /// Offered or not, a person switched it off.
        case switchedOff
        /// The server contradicted its own offer; how.
        case latched(String)
    }

    private let capabilities: IMAPCapabilities

    /// The profile of a server that offers this.
    package init(_ capabilities: IMAPCapabilities) {
        self.capabilities = capabilities
    }

    /// How an extension stands.
    package func standing(of name: IMAPExtension) -> Standing {
        switch self.capabilities.off[name] {
        case .byHand: return .switchedOff
        case .latched(let reason): return .latched(reason)
        case nil: break
        }
        // Keywords are a folder's to offer.
        guard name != .keywords else { return .used }
        guard self.capabilities.isOffered(name) else { return .notOffered }
        if let missing = name.requirements.first(where: { !self.capabilities.contains($0) }) { return .lacks(missing) }
        return name == .qresync && !self.capabilities.isEnabled(.qresync) ? .notEnabled : .used
    }

    /// What the server can do as a whole; `allowsKeywords` as INBOX's SELECT said.
    package func tier(allowsKeywords: Bool) -> Tier {
        if self.capabilities.hasQResync { return .qresync }
        if self.capabilities.hasCondStore { return .condStore }
        return allowsKeywords && self.mayUseKeywords ? .keywords : .bare
    }

    /// How changes are found in a folder, by what its SELECT said: one without modification sequences is compared, whatever
    /// the server offers (RFC 7162 §3.1.2.2).
    package func changeDetection(in folder: Selected) -> ChangeDetection {
        folder.highestModSeq == nil ? .compare : self.changeDetection
    }

    /// How changes are found where folders keep modification sequences.
    package var changeDetection: ChangeDetection {
        if self.capabilities.hasQResync { return .qresync }
        return self.capabilities.hasCondStore ? .condStore : .compare
    }

    /// How the server tells of news.
    package var waiting: Waiting {
        if self.capabilities.hasNotify { return .notify }
        return self.capabilities.hasIdle ? .idle : .poll
    }

    /// How all folders are looked at.
    package var sweep: Sweep { self.capabilities.hasListStatus ? .listStatus : .statusEach }

    /// How mail is moved.
    package var moving: Moving {
        if self.capabilities.hasMove { return .move }
        return self.capabilities.hasUIDPlus ? .copyAndExpunge : .copyAndMark
    }

    /// Whether the server proves a move by COPYUID; otherwise the mail is recognised where it went.
    package var provesMoves: Bool { self.capabilities.hasUIDPlus }

    /// How folders' roles are known.
    package var folderRoles: FolderRoles { self.capabilities.hasSpecialUse ? .specialUse : .names }

    /// How a moved mail is recognised.
    package var identity: Identity {
        if self.capabilities.hasObjectID { return .objectID }
        return self.capabilities.hasGmail ? .gmail : .digest
    }

    /// Whether folders are labels on one store, so that archiving takes a label away and the mail is left in All.
    package var archivesIntoAll: Bool { self.capabilities.hasGmail }

    /// False where keywords of ours were switched off, by hand or because the server drops them.
    package var mayUseKeywords: Bool { self.capabilities.off[.keywords] == nil }

    /// What was switched off because the server contradicted itself, by name.
    package var latches: [ExtensionLatch] {
        self.capabilities.off.compactMap { name, why in
            if case .latched(let reason) = why { ExtensionLatch(name, reason: reason) } else { nil }
        }.sorted { $0.name.rawValue < $1.name.rawValue }
    }
}
