/// What a server offers, how it behaves where the standard leaves a choice, and where it breaks it.
///
/// A value of knobs: the profiles of real servers are in ``all``; tests turn single knobs to get one lie at a time.
/// Rows `Q…` are those of the list of quirks in `docs/imap.md`.
package struct ServerProfile: Equatable, Sendable {
    /// Extensions that change what the model does; all else a server names is in ``otherCapabilities``.
    package struct Extensions: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// RFC 7162.
        package static let condStore = Extensions(rawValue: 1)
        /// RFC 7162.
        package static let qResync = Extensions(rawValue: 2)
        /// RFC 4315.
        package static let uidPlus = Extensions(rawValue: 4)
        /// RFC 6851.
        package static let move = Extensions(rawValue: 8)
        /// RFC 2177.
        package static let idle = Extensions(rawValue: 16)
        /// RFC 5465.
        package static let notify = Extensions(rawValue: 32)
        /// RFC 6154.
        package static let specialUse = Extensions(rawValue: 64)
        /// RFC 5258.
        package static let listExtended = Extensions(rawValue: 128)
        /// RFC 5819.
        package static let listStatus = Extensions(rawValue: 256)
        /// RFC 4731.
        package static let eSearch = Extensions(rawValue: 512)
        /// RFC 8474.
        package static let objectID = Extensions(rawValue: 1024)
        /// RFC 5161.
        package static let enable = Extensions(rawValue: 2048)
        /// RFC 2342.
        package static let namespace = Extensions(rawValue: 4096)
        /// RFC 3691.
        package static let unselect = Extensions(rawValue: 8192)
        /// RFC 2971.
        package static let id = Extensions(rawValue: 16384)
        /// RFC 7888, LITERAL+.
        package static let literalPlus = Extensions(rawValue: 1 << 15)
        /// RFC 7888, LITERAL-.
        package static let literalMinus = Extensions(rawValue: 1 << 16)
        /// RFC 8438.
        package static let statusSize = Extensions(rawValue: 1 << 17)
        /// RFC 9051, as a token that promises more than the server keeps (Q1).
        package static let imap4rev2 = Extensions(rawValue: 1 << 18)
        /// Gmail's X-GM-EXT-1: folders are labels on one store, see `ModelServer+Labels`.
        package static let gmail = Extensions(rawValue: 1 << 19)
    }

    /// What the server does with keywords.
    package enum Keywords: Equatable, Sendable {
        /// `\*` is not among PERMANENTFLAGS, and a STORE of a keyword ends as said.
        case refused(KeywordRefusal)
        /// So many in one folder, each of so many bytes.
        case allowed(perFolder: Int, length: Int)
    }

    /// How a keyword that is not allowed is met.
    package enum KeywordRefusal: Equatable, Sendable {
        /// The STORE fails.
        case condition(ModelCondition, ModelCode?)
        /// The STORE succeeds and the keyword is gone.
        case ignored
        /// The STORE succeeds, the keyword lasts as long as the session's folder stays open.
        case sessionOnly
    }

    /// From what a session answers, between two times it is told of changes.
    package enum View: Equatable, Sendable {
        /// From what it was told: flags, expunged mails and all (Dovecot).
        case told
        /// Flags as they are now; expunged mails answer nothing (Cyrus, Courier).
        case current
    }

    /// Where COPYUID stands for MOVE.
    package enum CopyUIDPlace: Equatable, Sendable {
        /// `* OK [COPYUID …]` before the expunges.
        case untagged
        /// In the tagged OK.
        case tagged
    }

    /// What becomes of a session whose folder is deleted by another.
    package enum DeletedFolder: Equatable, Sendable {
        /// BYE.
        case bye
        /// All its mails are expunged; the session stays in an empty folder.
        case emptied
    }

    /// How UID SEARCH RETURN is answered.
    package enum ESearch: Equatable, Sendable {
        /// As the standard says.
        case honest
        /// `* ESEARCH (TAG …) UID`, whatever there is (Q2, Q3).
        case empty
        /// Refused (Q4).
        case refused(ModelCondition, ModelCode?)
        /// Without the word UID (Q5).
        case unmarked
        /// As `* SEARCH` (Q5).
        case plain
    }

    /// Where the server's word is not to be taken.
    package struct Lies: Equatable, Sendable {
        /// ENABLE is OK, ENABLED never comes (Q6).
        package var omitsEnabled = false
        /// ENABLE takes what was not offered (Q2).
        package var enablesUnoffered = false
        /// `* ENABLED` comes empty when nothing was enabled, instead of not at all (Q7).
        package var saysEnabledEmpty = false
        /// UID SEARCH RETURN.
        package var eSearch = ESearch.honest
        /// LIST … RETURN leaves INBOX out (Q10).
        package var extendedListOmitsInbox = false
        /// VANISHED (EARLIER) names living mails too, all but the newest (Q13).
        package var vanishedNamesLiving = false
        /// `*` in a FETCH with VANISHED means the highest UID still there, so the newest expunges are lost (Q14).
        package var starHidesVanished = false
        /// MODSEQ is sent as −1, which a client reads as none (Q17).
        package var modSeqMinusOne = false
        /// UIDVALIDITY is 0 or not said at all (Q17).
        package var uidValidityZero = false
        /// UIDNEXT is 0 (Q17).
        package var uidNextZero = false
        /// Every such mail is left out of FETCH answers, OK all the same: UIDs divisible by this (Q18).
        package var omitsFetched: UInt32?
        /// Every such mail has `BODY[] NIL`: UIDs divisible by this (Q19).
        package var nullBodies: UInt32?
        /// What a session changes itself is told to it only at NOOP (Q28).
        package var tellsOwnChangesLate = false
        /// A change raises HIGHESTMODSEQ at once and is seen only after ``ModelServer/reveal()`` (Q29).
        package var hidesNewChanges = false
        /// COPYUID comes empty (§2.7: seen with Microsoft 365).
        package var copyUIDEmpty = false
        /// OK to MOVE and COPY without doing them.
        package var transfersNothing = false

        /// None.
        package init() {}
    }

    /// What it is called in tables and test names.
    package var name: String
    /// What is offered and done.
    package var extensions: Extensions
    /// Named in CAPABILITY, without effect here.
    package var otherCapabilities: [String] = []
    /// Mechanisms of AUTHENTICATE, before the log-in; the model knows PLAIN and LOGIN.
    package var mechanisms = ["PLAIN", "LOGIN"]
    /// Whether a STORE in a folder opened with EXAMINE is refused; else it is answered with OK and does nothing.
    package var refusesStoreInExamine = true
    /// Whether a mail whose last line has no end gets one when it is appended.
    package var endsLastLine = false
    /// Keywords.
    package var keywords = Keywords.allowed(perFolder: 120, length: 50)
    /// Whether FLAGS lists keywords in use.
    package var listsKeywords = true
    /// The delimiter of the personal namespace.
    package var delimiter: Character = "/"
    /// What names of the personal namespace begin with, such as `INBOX.`; empty for most.
    package var prefix = ""
    /// How a command is met that is not known, or belongs to an extension that is not offered.
    package var unknownCommand = ModelCondition.bad
    /// From what a session answers.
    package var view = View.told
    /// MOVE's COPYUID.
    package var copyUIDPlace = CopyUIDPlace.untagged
    /// A deleted folder's other sessions.
    package var deletedFolder = DeletedFolder.bye
    /// Whether STATUS of the selected folder is answered from the session's view.
    package var statusOfSelectedIsOld = true
    /// Whether SELECT says UIDNEXT.
    package var selectSaysUIDNext = true
    /// Whether SELECT says HIGHESTMODSEQ also when nothing enabled CONDSTORE.
    package var selectSaysModSeq = true
    /// Whether COPY and MOVE keep INTERNALDATE.
    package var keepsInternalDate = true
    /// Whether parents of a created folder are made into folders too; else they are names without mail.
    package var createsParents = false
    /// Whether a name without mail is listed for a missing parent.
    package var listsParents = true
    /// Whether a renamed folder keeps its UIDVALIDITY.
    package var renameKeepsUIDValidity = true
    /// Whether FETCH of a mail that another session expunged ends with NO, where the view is current.
    package var refusesFetchOfExpunged = false
    /// Whether COPY and MOVE fail when one of the mails was expunged by another session; else it is left out.
    package var refusesTransferOfExpunged = false
    /// The code with which a folder that is not there is refused.
    package var missingFolderCode: ModelCode? = .nonExistent
    /// The code with which CREATE of a folder that is there is refused.
    package var existingFolderCode: ModelCode? = .alreadyExists
    /// The code with which a name is refused that no folder can have.
    package var invalidNameCode: ModelCode? = .cannot
    /// Whether CREATE subscribes.
    package var createSubscribes = false
    /// The most bytes one mail may have; nil for no limit.
    package var appendLimit: Int?
    /// What is not true.
    package var lies = Lies()

    /// An honest server with these extensions.
    package init(name: String, extensions: Extensions) {
        self.name = name
        self.extensions = extensions
    }

    /// Whether an extension is offered.
    package func offers(_ wanted: Extensions) -> Bool { self.extensions.isSuperset(of: wanted) }
}
