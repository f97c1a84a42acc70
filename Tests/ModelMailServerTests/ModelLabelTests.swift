import ModelMailServer
import Testing

@Suite("The model's folders are labels where All is")
struct ModelLabelTests {
    struct Store {
        var server: ModelServer
        let session: ModelSessionID
        let all: ModelFolderID
        let trash: ModelFolderID
        let sent: ModelFolderID
        let label: ModelFolderID

        init() {
            var profile = ServerProfile.gmail
            profile.lies.hidesNewChanges = false
            self.server = ModelServer(profile: profile)
            self.all = self.server.addFolder("All", specialUse: .all)
            self.trash = self.server.addFolder("Trash", specialUse: .trash)
            self.sent = self.server.addFolder("Sent", specialUse: .sent)
            self.label = self.server.addFolder("Agents/ann")
            self.session = self.server.connectLoggedIn()
        }

        mutating func deliver(_ text: String, to folder: ModelFolderID = ModelServer.inbox) {
            self.server.deliver(self.server.content(Array(text.utf8)), to: folder)
        }

        /// The answer's last line and its FETCHes.
        @discardableResult
        mutating func perform(_ command: ModelCommand, in folder: String) -> [ModelResponse] {
            _ = self.server.perform(.select(folder: folder, readOnly: false, parameter: .none), in: self.session)
            return self.server.perform(command, in: self.session)
        }

        /// How many mails lie in INBOX, the label, All and Trash.
        var counts: [Int] {
            [ModelServer.inbox, self.label, self.all, self.trash].map { self.server.folder($0)?.messages.count ?? 0 }
        }
    }

    static let moves: [(String, command: ModelCommand, folder: String, counts: [Int])] = [
        ("archived by taking the label away", .uidExpunge([1]), "INBOX", [0, 0, 1, 0]),
        ("archived by moving it to All", .move([1], to: "All"), "INBOX", [0, 0, 1, 0]),
        ("moved to a label", .move([1], to: "Agents/ann"), "INBOX", [0, 1, 1, 0]),
        ("labelled", .copy([1], to: "Agents/ann"), "INBOX", [1, 1, 1, 0]),
        ("moved out of All is labelled", .move([1], to: "Agents/ann"), "All", [1, 1, 1, 0]),
        ("labelled again", .copy([1], to: "INBOX"), "All", [1, 0, 1, 0]),
        ("moved to Trash loses its labels", .move([1], to: "Trash"), "INBOX", [0, 0, 0, 1]),
        ("copied to Trash loses them too", .copy([1], to: "Trash"), "All", [0, 0, 0, 1]),
        ("expunged from All stays", .uidExpunge([1]), "All", [1, 0, 1, 0]),
    ]

    @Test(arguments: moves.indices)
    func `a mail is in All until it is in Trash`(index: Int) {
        let row = Self.moves[index]
        var store = Store()
        store.deliver("one")
        if case .uidExpunge = row.command {
            store.perform(.store([1], .add, [.deleted], isSilent: true, unchangedSince: nil), in: row.folder)
        }
        let answer = store.perform(row.command, in: row.folder)
        guard case .completed(.ok, _)? = answer.last else {
            Issue.record("\(row.0): \(answer)")
            return
        }
        #expect(store.counts == row.counts, "\(row.0)")
    }

    @Test func `out of Trash it is in All again, and gone from there it is gone`() {
        var store = Store()
        store.deliver("one")
        store.perform(.move([1], to: "Trash"), in: "INBOX")
        store.perform(.move([1], to: "INBOX"), in: "Trash")
        #expect(store.counts == [1, 0, 1, 0])
        store.perform(.move([2], to: "Trash"), in: "INBOX")
        store.perform(.store([2], .add, [.deleted], isSilent: true, unchangedSince: nil), in: "Trash")
        store.perform(.uidExpunge([2]), in: "Trash")
        #expect(store.counts == [0, 0, 0, 0])
    }

    @Test func `copies share their name and their flags, and each names the other labels`() {
        var store = Store()
        store.deliver("one")
        store.deliver("two", to: store.sent)
        store.perform(.copy([1], to: "Agents/ann"), in: "INBOX")
        store.perform(.store([1], .add, [.flagged, .deleted], isSilent: true, unchangedSince: nil), in: "Agents/ann")
        let answer = store.perform(
            .fetch(.all, [.flags, .gmailMessageID, .gmailLabels], changedSince: nil, vanished: false),
            in: "All"
        )
        let fetched = answer.compactMap { response -> ModelFetch? in
            if case .fetch(let fetch) = response { fetch } else { nil }
        }
        #expect(fetched.map(\.gmailMessageID) == [1, 2])
        #expect(fetched.map(\.gmailLabels) == [["\\Inbox", "Agents/ann"], ["\\Sent"]])
        #expect(fetched.map(\.flags) == [[.flagged], []])
    }

    @Test func `a server without the extension has copies of their own`() {
        var server = ModelServer(profile: .dovecot)
        let all = server.addFolder("All", specialUse: .all)
        server.deliver(server.content(Array("one".utf8)))
        #expect(server.allMail == nil && server.folder(all)?.messages.isEmpty == true)
        let session = server.connectLoggedIn()
        _ = server.perform(.select(folder: "INBOX", readOnly: true, parameter: .none), in: session)
        let answer = server.perform(.fetch(.all, .gmailLabels, changedSince: nil, vanished: false), in: session)
        #expect(answer == [.completed(.bad, nil)])
    }
}
