/// The servers of the field, each as its own documentation, captures of its sessions, or a private instance shows it.
extension ServerProfile {
    /// All profiles.
    package static let all: [ServerProfile] = [
        .dovecot, .dovecotMaildir, .cyrus, .courier, .pymap, .gmail, .microsoft365, .fastmail, .iCloud, .yahoo,
        .stalwart,
    ]

    /// Dovecot 2.3 with sdbox.
    package static let dovecot: ServerProfile = {
        var profile = ServerProfile(
            name: "Dovecot 2.3",
            extensions: [
                .condStore, .qResync, .uidPlus, .move, .idle, .notify, .specialUse, .listExtended, .listStatus,
                .eSearch,
                .enable, .namespace, .unselect, .id, .literalPlus, .statusSize,
            ]
        )
        profile.otherCapabilities = [
            "SASL-IR", "LOGIN-REFERRALS", "CHILDREN", "I18NLEVEL=1", "SEARCHRES", "WITHIN", "BINARY", "PREVIEW",
            "SAVEDATE",
        ]
        profile.selectSaysModSeq = true
        profile.refusesStoreInExamine = false
        return profile
    }()

    /// Dovecot 2.3 with Maildir++.
    package static let dovecotMaildir: ServerProfile = {
        var profile = Self.dovecot
        profile.name = "Dovecot 2.3 Maildir"
        return profile
    }()

    /// Cyrus 3.6.
    package static let cyrus: ServerProfile = {
        var profile = ServerProfile(
            name: "Cyrus 3.6",
            extensions: [
                .condStore, .qResync, .uidPlus, .move, .idle, .specialUse, .listExtended, .listStatus, .eSearch,
                .objectID,
                .enable, .namespace, .unselect, .id, .literalPlus, .statusSize,
            ]
        )
        profile.keywords = .allowed(perFolder: 120, length: 1000)
        profile.view = .current
        profile.statusOfSelectedIsOld = false
        profile.copyUIDPlace = .untagged
        profile.existingFolderCode = nil
        return profile
    }()

    /// Courier 5.0 with IMAP_KEYWORDS=1.
    package static let courier: ServerProfile = {
        var profile = ServerProfile(
            name: "Courier 5.0",
            extensions: [.uidPlus, .idle, .enable, .namespace]
        )
        profile.otherCapabilities = [
            "CHILDREN", "THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES", "SORT", "QUOTA", "UTF8=ACCEPT",
        ]
        profile.keywords = .allowed(perFolder: 120, length: 1000)
        profile.mechanisms = []
        profile.renameKeepsUIDValidity = false
        profile.endsLastLine = true
        profile.delimiter = "."
        profile.prefix = "INBOX."
        profile.unknownCommand = .no
        profile.view = .current
        profile.statusOfSelectedIsOld = false
        profile.selectSaysUIDNext = false
        profile.missingFolderCode = nil
        profile.existingFolderCode = nil
        profile.invalidNameCode = nil
        profile.lies.saysEnabledEmpty = true
        profile.lies.tellsOwnChangesLate = true
        return profile
    }()

    /// pymap: a server without keywords.
    package static let pymap: ServerProfile = {
        var profile = ServerProfile(
            name: "pymap",
            extensions: [.uidPlus, .move, .idle, .objectID, .id, .literalPlus]
        )
        profile.otherCapabilities = ["BINARY", "MULTIAPPEND", "APPENDLIMIT"]
        profile.keywords = .refused(.ignored)
        profile.listsKeywords = false
        profile.view = .current
        profile.statusOfSelectedIsOld = false
        return profile
    }()

    /// Gmail: labels on one store, CONDSTORE without QRESYNC; changes of the web client show late.
    package static let gmail: ServerProfile = {
        var profile = ServerProfile(
            name: "Gmail",
            extensions: [
                .condStore, .uidPlus, .move, .idle, .specialUse, .listExtended, .listStatus, .eSearch, .enable,
                .namespace,
                .unselect, .id, .literalMinus, .gmail,
            ]
        )
        profile.otherCapabilities = [
            "QUOTA", "XLIST", "CHILDREN", "COMPRESS=DEFLATE", "UTF8=ACCEPT", "APPENDLIMIT=35651584",
        ]
        profile.copyUIDPlace = .tagged
        profile.appendLimit = 35_651_584
        profile.lies.hidesNewChanges = true
        return profile
    }()

    /// Microsoft 365: no keywords, no modification sequences, and FETCH that keeps mails to itself.
    package static let microsoft365: ServerProfile = {
        var profile = ServerProfile(
            name: "Microsoft 365",
            extensions: [.uidPlus, .move, .idle, .namespace, .unselect, .id, .literalPlus]
        )
        profile.otherCapabilities = ["IMAP4", "AUTH=PLAIN", "AUTH=XOAUTH2", "SASL-IR", "CHILDREN"]
        profile.keywords = .refused(.condition(.bad, nil))
        profile.copyUIDPlace = .tagged
        profile.lies.omitsFetched = 7
        return profile
    }()

    /// Fastmail: Cyrus with more.
    package static let fastmail: ServerProfile = {
        var profile = Self.cyrus
        profile.name = "Fastmail"
        profile.extensions.insert(.notify)
        profile.otherCapabilities = [
            "COMPRESS=DEFLATE", "UIDONLY", "MESSAGELIMIT=1000", "REPLACE", "PREVIEW", "SAVEDATE",
        ]
        return profile
    }()

    /// iCloud: QRESYNC offered and broken, ENABLED never said.
    package static let iCloud: ServerProfile = {
        var profile = ServerProfile(
            name: "iCloud",
            extensions: [
                .condStore, .qResync, .uidPlus, .idle, .listStatus, .listExtended, .eSearch, .enable, .namespace,
                .unselect,
                .id,
            ]
        )
        profile.otherCapabilities = ["QUOTA", "XAPPLELITERAL", "CHILDREN", "BINARY", "SORT", "CATENATE"]
        profile.lies.omitsEnabled = true
        profile.lies.vanishedNamesLiving = true
        return profile
    }()

    /// Yahoo and AOL: keywords, OBJECTID and no modification sequences.
    package static let yahoo: ServerProfile = {
        var profile = ServerProfile(
            name: "Yahoo",
            extensions: [.uidPlus, .move, .objectID, .namespace, .unselect, .id, .literalPlus]
        )
        profile.otherCapabilities = ["XYMHIGHESTMODSEQ", "CHILDREN", "X-MSG-EXT"]
        profile.view = .current
        return profile
    }()

    /// Stalwart.
    package static let stalwart: ServerProfile = {
        var profile = ServerProfile(
            name: "Stalwart",
            extensions: [
                .condStore, .qResync, .uidPlus, .move, .idle, .specialUse, .listExtended, .listStatus, .eSearch,
                .objectID,
                .enable, .namespace, .unselect, .id, .literalPlus, .statusSize,
            ]
        )
        profile.otherCapabilities = ["PREVIEW", "SAVEDATE", "UIDONLY", "MESSAGELIMIT=1000"]
        profile.view = .current
        return profile
    }()
}
