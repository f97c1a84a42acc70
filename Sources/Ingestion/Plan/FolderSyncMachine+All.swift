import Desk

/// All, where folders are labels on one store: every mail lies there besides, and is known from its folder.
///
/// The server's name of a mail tells which it is, so that its bytes are fetched once. One that nobody knows and whose labels name
/// another watched folder arrived there meanwhile: it is parked here, since it is filed by where it lies. One whose labels name
/// none was archived, and is fetched from here.
extension FolderSyncMachine {
    var isAll: Bool { self.folder.role == .all }

    /// Whether a mail in All lies in another watched folder, or may: an answer without labels says nothing.
    func liesElsewhere(_ mail: ListedMail) -> Bool {
        guard self.isAll else { return false }
        guard let labels = mail.labels?.map({ $0.lowercased() }) else { return true }
        return labels.contains { self.order.labels.contains($0) || Self.neverFiled.contains($0) }
            && !self.wasStoredNameless(mail, labels)
    }

    /// INBOX and Sent also where they are not watched: what lies in Sent is never taken for mail that somebody sent to us.
    private static let neverFiled: Set<String> = ["\\inbox", "\\sent"]

    /// Whether a watched folder showed the mail before All was watched, and maybe before the server told names: its bytes tell
    /// which it is, once.
    private func wasStoredNameless(_ mail: ListedMail, _ labels: [String]) -> Bool {
        guard self.folder.phase == .backfill, !self.order.isImport, let lastSync = self.order.lastSync,
            let arrival = mail.arrival
        else { return false }
        return arrival < lastSync && labels.contains(where: self.order.labels.contains)
    }

    /// Those that are to be fetched from here; the others are parked.
    mutating func withoutElsewhere(_ mails: [ListedMail]) -> [ListedMail] {
        let tries = self.tries
        self.change.parked += mails.filter { self.liesElsewhere($0) }.map {
            ParkedMail(uid: $0.uid, reason: .elsewhere, tries: (tries[$0.uid] ?? 0) + 1, flags: $0.flags)
        }
        return mails.filter { !self.liesElsewhere($0) }
    }

    /// Parks what an answer left out.
    mutating func park(_ uids: [UInt32]) {
        let tries = self.tries
        self.change.parked += uids.map { ParkedMail(uid: $0, reason: .leftOut, tries: (tries[$0] ?? 0) + 1) }
    }

    // MARK: - Delta

    mutating func recogniseNew(_ mails: [ListedMail]) -> Effect {
        self.state = .recognisingNew(mails)
        return .readCandidates(Self.keys(mails))
    }

    mutating func newRecognised(_ mails: [ListedMail], _ candidates: [IdentityCandidate]) -> Effect {
        let missing = self.recognised(mails, candidates)
        return self.fetchNew(BodyFetch(FetchWindow.cut(self.missing(missing)), areListed: true))
    }

    /// What is not listed stays parked, as it was asked for in vain once more.
    mutating func parkedListed(_ mails: [ListedMail]) -> Effect {
        let listed = Set(mails.map(\.uid))
        let asked = Set(self.order.parked.map(\.uid))
        self.park(asked.subtracting(listed).sorted())
        let mails = mails.filter { asked.contains($0.uid) }
        guard !mails.isEmpty else { return self.lookAgain() }
        self.state = .recognisingParked(mails)
        return .readCandidates(Self.keys(mails))
    }

    mutating func parkedRecognised(_ mails: [ListedMail], _ candidates: [IdentityCandidate]) -> Effect {
        self.fetchParked(self.missing(self.recognised(mails, candidates)))
    }

    /// Notes what is known and what lies elsewhere; gives the rest.
    private mutating func recognised(_ mails: [ListedMail], _ candidates: [IdentityCandidate]) -> [ListedMail] {
        let (presumed, unknown) = Rematch.match(mails, candidates)
        self.change.presumed += presumed
        return self.withoutElsewhere(unknown)
    }

    private static func keys(_ mails: [ListedMail]) -> [UInt32: IdentityKey] {
        Dictionary(mails.lazy.map { ($0.uid, $0.identity) }) { first, _ in first }.filter(\.value.isUsable)
    }
}
