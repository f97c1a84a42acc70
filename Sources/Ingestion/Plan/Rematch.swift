package import Desk

/// Recognises mails whose UIDs mean nothing any more.
package enum Rematch {
    /// What each listed mail is taken for, where exactly one stored mail answers to its key; the others' bytes decide.
    ///
    /// Two listed mails with one key, two stored mails that differ, or more copies than there were, are no certainty.
    package static func match(
        _ mails: [ListedMail],
        _ candidates: [IdentityCandidate]
    ) -> (presumed: [PresumedPlacement], unknown: [ListedMail]) {
        let found = Dictionary(grouping: candidates, by: \.uid)
        let keys = Dictionary(grouping: mails, by: \.identity)
        var presumed: [PresumedPlacement] = []
        var unknown: [ListedMail] = []
        for mail in mails {
            guard let flags = mail.flags, let mine = found[mail.uid], let one = mine.first,
                mine.allSatisfy({ $0.digest == one.digest }),
                one.taken + (keys[mail.identity]?.count ?? 1) <= one.copies
            else {
                unknown.append(mail)
                continue
            }
            presumed.append(
                PresumedPlacement(
                    seen: SeenPlacement(
                        uid: mail.uid,
                        digest: one.digest,
                        flags: flags,
                        modSeq: mail.modSeq,
                        internalDate: mail.arrival,
                        size: mail.size,
                        emailID: mail.identity.emailID
                    ),
                    fate: one.fate,
                    reason: one.reason
                )
            )
        }
        return (presumed, unknown)
    }
}
