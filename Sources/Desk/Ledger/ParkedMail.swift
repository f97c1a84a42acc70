/// A mail that is on the server and whose bytes it does not give: asked for again, ever less often.
package struct ParkedMail: Hashable, Sendable {
    /// The UID, valid in one epoch of one folder.
    package let uid: UInt32
    /// What the server did instead.
    package let reason: Reason
    /// How often it was asked for in vain, this time included.
    package let tries: Int
    /// Its flags, where an answer showed them.
    package let flags: [String]?

    /// What a server does instead of giving a mail.
    package enum Reason: String, CaseIterable, Hashable, Sendable {
        /// OK, and no word of this UID (imap-field-notes Q18).
        case leftOut = "the server answers without it"
        /// `BODY[] NIL`, or nothing where the bytes belong (Q19, Q20).
        case empty = "the server gives no body"
        /// NO or BAD for this UID alone (Q22).
        case refused = "the server refuses to give it"
        /// It is in All, and its labels name another watched folder, which did not show it yet: from there it is filed.
        case elsewhere = "it is labelled for a folder that does not show it"
    }

    /// Puts the values together.
    package init(uid: UInt32, reason: Reason, tries: Int, flags: [String]? = nil) {
        self.uid = uid
        self.reason = reason
        self.tries = tries
        self.flags = flags.map(ObservedFlags.stored)
    }

    /// How long to leave it alone: a minute, four, sixteen, then an hour; what lies elsewhere is mostly found by the next pass, and
    /// else lies in a folder that is not shown.
    package var pause: Duration {
        let isElsewhere = self.reason == .elsewhere
        return switch isElsewhere ? self.tries - Self.triesElsewhere : self.tries {
        case ...0 where isElsewhere: .zero
        case ...1: .seconds(60)
        case 2: .seconds(240)
        case 3: .seconds(960)
        default: .seconds(isElsewhere ? 86_400 : 3600)
        }
    }

    /// Passes in a row that look for what lies elsewhere.
    private static let triesElsewhere = 3
}
