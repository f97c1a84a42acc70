import Foundation
import Testing

@testable import LocalServers

@Suite("A private Dovecot")
struct PrivateDovecotTests {
    private static let ann = PrivateDovecot.User(name: "ann", password: "pass:word \"quoted\"")

    private static func withDovecot(
        format: PrivateDovecot.Format = .maildir,
        extraConfiguration: String = "",
        _ body: (PrivateDovecot) async throws -> Void
    ) async throws {
        let folder = try ServerFolder()
        do {
            let server = try await PrivateDovecot.start(
                in: folder,
                format: format,
                users: [Self.ann],
                extraConfiguration: extraConfiguration
            )
            try await body(server)
            await folder.remove()
        } catch {
            await folder.remove()
            throw error
        }
    }

    private static func mail(_ subject: String) -> [UInt8] {
        Array("Subject: \(subject)\r\nMessage-ID: <\(subject)@example.com>\r\n\r\nText\r\n".utf8)
    }

    @Test(arguments: PrivateDovecot.Format.allCases)
    func `a delivered mail is seen, flagged, moved, copied and expunged`(format: PrivateDovecot.Format) async throws {
        try await Self.withDovecot(format: format) { (server) async throws in
            try await server.deliver(Self.mail("one"), to: "ann", from: "carl@example.com")
            let client = try server.observer(as: Self.ann)
            let selected = try client.select("INBOX")
            #expect(selected.exists == 1 && selected.uidNext == 2 && selected.uidValidity > 0)
            try client.store(1, add: ["\\Flagged", "owner-ann"], remove: ["\\Seen"])
            let message = try #require(try client.messages().first)
            #expect(message.flags == ["\\Flagged", "owner-ann"])
            #expect(message.headers == ["subject": "one", "message-id": "<one@example.com>"])
            let body = try client.body(uid: 1)
            #expect(body.count == message.size && body.suffix(8).elementsEqual("\r\nText\r\n".utf8))
            try client.create("Agents/ann")
            try client.move(1, to: "Agents/ann")
            #expect(try client.messages() == [])
            #expect(try client.select("Agents/ann", readOnly: true).exists == 1)
            _ = try client.select("Agents/ann")
            try client.copy(1, to: "Archive")
            try client.expunge(1)
            #expect(try client.messages() == [])
            #expect(try client.select("Archive").exists == 1)
            client.logout()
        }
    }

    @Test func `an appended mail keeps its date and flags, and the folders are those of a shared mailbox`() async throws
    {
        try await Self.withDovecot { (server) async throws in
            let client = try server.observer(as: Self.ann)
            let date = "01-Nov-2026 10:00:00 +0000"
            let uid = try client.append(Self.mail("old"), to: "Sent", flags: ["\\Seen"], internalDate: date)
            _ = try client.select("Sent")
            let message = try #require(try client.messages(headers: []).first)
            #expect(message.uid == uid && message.internalDate == date && message.flags == ["\\Seen"])
            try client.create("Team")
            try client.rename("Team", to: "Team &- Co")
            try client.subscribe("Team &- Co")
            try client.delete("Team &- Co")
            let folders = try client.list()
            #expect(Set(folders.map(\.name)) == ["INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"])
            #expect(folders.first { $0.name == "Junk" }?.attributes.contains("\\Junk") == true)
            #expect(folders.allSatisfy { $0.delimiter == "/" })
            #expect(try client.capabilities().contains("QRESYNC"))
            #expect(try client.command("STATUS Sent (MESSAGES)") == ["STATUS Sent (MESSAGES 1)"])
        }
    }

    @Test func `mails put into a Maildir as files are there in order of arrival, with date, size and flags`()
        async throws
    {
        try await Self.withDovecot { (server) async throws in
            let dates = [1_793_520_000, 1_793_527_200]
            let stored = [("Sent", dates[1], "S"), ("Sent", dates[0], "")].map { folder, arrived, flags in
                PrivateDovecot.StoredMail(folder: folder, bytes: Self.mail("m"), arrived: arrived, flags: flags)
            }
            try server.store(count: 2, for: Self.ann) { stored[$0] }
            let client = try server.observer(as: Self.ann)
            _ = try client.select("Sent")
            let messages = try client.messages()
            #expect(
                messages.map(\.internalDate) == ["01-Nov-2026 08:00:00 +0000", "01-Nov-2026 10:00:00 +0000"]
            )
            #expect(messages.map(\.flags) == [[], ["\\Seen"]])
            #expect(messages.allSatisfy { $0.size == Self.mail("m").count })
            #expect(try client.body(uid: 1) == Self.mail("m"))
        }
    }

    @Test func `users can be added while it runs, and wrong passwords and names are refused`() async throws {
        try await Self.withDovecot(extraConfiguration: "imap_capability = IMAP4rev1") { (server) async throws in
            let bob = PrivateDovecot.User(name: "bob@example.com", password: "b", format: .sdbox)
            let stranger = #expect(throws: LocalServersError.self) { try server.observer(as: bob) }
            #expect(stranger?.during == "LOGIN" && stranger?.isTransient == false)
            let carl = PrivateDovecot.User(name: "carl@example.com", password: "c", format: .sdbox)
            try await server.addUser(carl)
            #expect(try server.observer(as: carl).capabilities() == ["IMAP4rev1"])
            try await server.deliver(Self.mail("hello"), to: carl.name)
            #expect(try server.observer(as: carl).select("INBOX").exists == 1)
            for name in ["", "../ann", ".hidden", "a b", "a:b"] {
                await #expect(throws: LocalServersError.self) {
                    try await server.addUser(.init(name: name, password: "x"))
                }
            }
            await #expect(throws: LocalServersError.self) {
                try await server.deliver(Self.mail("x"), to: "nobody-here")
            }
            let file = try server.passwordFile(of: Self.ann)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == Self.ann.password + "\n")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `a kicked client loses its connection, and a restart keeps ports and mail`() async throws {
        try await Self.withDovecot { (server) async throws in
            try await server.deliver(Self.mail("kept"), to: "ann")
            let client = try server.observer(as: Self.ann)
            try await server.kick("ann")
            let error = #expect(throws: LocalServersError.self) { while true { _ = try client.command("NOOP") } }
            #expect(error?.isTransient == true)
            try await server.restart()
            #expect(try server.observer(as: Self.ann).select("INBOX").exists == 1)
            await server.stop()
            let gone = #expect(throws: LocalServersError.self) { try server.observer(as: Self.ann) }
            #expect(gone?.reason == .connectionLost)
        }
    }

    @Test func `its certificate is good for localhost and for no address, over TLS and STARTTLS`() async throws {
        let script = #"""
            openssl s_client -connect "127.0.0.1:$1" -CAfile "$2" -verify_return_error -verify_"$3" "$4" $5 </dev/null
            """#
        try await Self.withDovecot { (server) async throws in
            func verify(_ port: Int, _ kind: String, _ name: String, _ more: String = "") async throws {
                let values = [String(port), server.caFile, kind, name, more]
                _ = try await runScript(script, values, during: "openssl s_client")
            }
            try await verify(server.imapsPort, "hostname", "localhost")
            try await verify(server.imapPort, "hostname", "localhost", "-starttls imap")
            for (kind, name) in [("hostname", "example.com"), ("ip", "127.0.0.1")] {
                await #expect(throws: LocalServersError.self) { try await verify(server.imapsPort, kind, name) }
            }
        }
    }

    @Test func `a configuration that Dovecot refuses shows what it said`() async throws {
        let error = await #expect(throws: LocalServersError.self) {
            try await Self.withDovecot(extraConfiguration: "no_such_setting = yes") { _ in }
        }
        #expect(error?.description.contains("no_such_setting") == true)
    }
}
