import ModelMailServer
import Testing

@Suite("The model mail server tells each session what it may")
struct ModelSessionTests {
    /// A server with three mails in INBOX, and two sessions that have it open.
    struct Desk {
        var server: ModelServer
        let ann: ModelSessionID
        let bob: ModelSessionID

        init(_ profile: ServerProfile = .dovecot, qResync: Bool = false) {
            self.server = ModelServer(profile: profile)
            for number in 1...3 { self.server.deliver(self.server.content(Array("mail \(number)".utf8))) }
            self.server.reveal()
            self.server.addFolder("Closed")
            self.ann = self.server.connectLoggedIn()
            self.bob = self.server.connectLoggedIn()
            for session in [self.ann, self.bob] {
                if qResync { _ = self.server.perform(.enable([.qResync]), in: session) }
                _ = self.server.perform(.select(folder: "inbox", readOnly: false, parameter: .none), in: session)
            }
        }
    }

    @Test func `an old view answers old until the command ends`() {
        var desk = Desk()
        _ = desk.server.perform(.store([2], .add, [.flagged], isSilent: true, unchangedSince: nil), in: desk.ann)
        _ = desk.server.perform(.move([3], to: "Closed"), in: desk.ann)
        let answer = desk.server.perform(.fetch(.all, .flags, changedSince: nil, vanished: false), in: desk.bob)
        #expect(
            answer == [
                .fetch(ModelFetch(sequence: 1, uid: 1, flags: [])),
                .fetch(ModelFetch(sequence: 2, uid: 2, flags: [])),
                .fetch(ModelFetch(sequence: 3, uid: 3, flags: [])),
                .fetch(ModelFetch(sequence: 2, flags: [.flagged])),
                .expunge(sequence: 3),
                .completed(.ok, nil),
            ]
        )
        #expect(desk.server.perform(.noop, in: desk.bob) == [.completed(.ok, nil)])
    }

    @Test func `a move has its proof before the mail is gone`() {
        var desk = Desk(qResync: true)
        let answer = desk.server.perform(.move([1, 3], to: "Closed"), in: desk.ann)
        let closed = desk.server.folder(named: "Closed").flatMap { desk.server.folder($0) }
        #expect(
            answer == [
                .ok(.copyUID(uidValidity: closed?.uidValidity ?? 0, source: [1, 3], destination: [1, 2])),
                .vanished([1, 3], isEarlier: false),
                .completed(.ok, .highestModSeq(5)),
            ]
        )
        #expect(closed?.messages.map(\.uid) == [1, 2])
    }

    @Test func `news reach a session that waits, and no other`() {
        var desk = Desk()
        #expect(desk.server.perform(.idle, in: desk.bob) == [.continuation])
        desk.server.deliver(desk.server.content([7]))
        #expect(desk.server.push(to: desk.ann) == [])
        #expect(desk.server.push(to: desk.bob) == [.exists(4), .recent])
        #expect(desk.server.perform(.done, in: desk.bob) == [.completed(.ok, nil)])
    }

    @Test func `a resynchronisation names what went and what changed`() throws {
        var desk = Desk(qResync: true)
        let before = try #require(desk.server.folder(ModelServer.inbox))
        _ = desk.server.perform(.move([2], to: "Closed"), in: desk.ann)
        _ = desk.server.perform(.store([3], .add, [.seen], isSilent: true, unchangedSince: nil), in: desk.ann)
        let known = SelectParameter.qResync(
            uidValidity: before.uidValidity,
            modSeq: before.highestModSeq,
            known: nil
        )
        let answer = desk.server.perform(.select(folder: "INBOX", readOnly: true, parameter: known), in: desk.bob)
        #expect(answer.contains(.vanished([2], isEarlier: true)))
        #expect(answer.contains(.fetch(ModelFetch(sequence: 2, uid: 3, flags: [.seen], modSeq: 6))))
        #expect(answer.last == .completed(.ok, .readOnly))
    }

    @Test func `a forgotten history names all that could be gone`() {
        var desk = Desk(qResync: true)
        desk.server.expunge(2, from: ModelServer.inbox)
        desk.server.forgetHistory(of: ModelServer.inbox)
        let answer = desk.server.perform(.fetch(.from(2), .flags, changedSince: 1, vanished: true), in: desk.bob)
        #expect(answer.first == .vanished([2], isEarlier: true))
    }

    @Test func `a keyword that is refused leaves the mail as it was`() throws {
        for profile in ServerProfile.all {
            var desk = Desk(profile)
            let known = desk.server.flags(["owner-ann"])
            let flags = try #require(known)
            let answer = desk.server.perform(
                .store([1], .add, flags, isSilent: true, unchangedSince: nil),
                in: desk.ann
            )
            let stored = desk.server.folder(ModelServer.inbox)?.messages.first?.flags
            switch profile.keywords {
            case .allowed: #expect(stored == flags, "\(profile.name)")
            case .refused: #expect(stored == [], "\(profile.name)")
            }
            #expect(answer.last != nil)
        }
    }

    @Test func `a folder's UIDs are never given twice, nor its UIDVALIDITY to a new one`() throws {
        var desk = Desk()
        let first = try #require(desk.server.folder(named: "Closed").flatMap { desk.server.folder($0)?.uidValidity })
        #expect(desk.server.perform(.delete(folder: "Closed"), in: desk.ann) == [.completed(.ok, nil)])
        #expect(desk.server.perform(.create(folder: "Closed"), in: desk.ann).last == .completed(.ok, nil))
        let second = try #require(desk.server.folder(named: "Closed").flatMap { desk.server.folder($0)?.uidValidity })
        #expect(second > first)
        desk.server.expunge(3, from: ModelServer.inbox)
        #expect(desk.server.deliver(desk.server.content([7])) == 4)
    }
}
