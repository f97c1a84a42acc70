import ArgumentParser
import Desk
import Foundation
import MIME
import Testing

@testable import baton

@Suite("What may be typed")
struct ParsingTests {
    /// One command line and what is made of it.
    struct Line: Sendable, CustomTestStringConvertible {
        let text: String
        let verb: any ParsableCommand.Type

        init(_ text: String, _ verb: any ParsableCommand.Type) {
            self.text = text
            self.verb = verb
        }

        var testDescription: String { self.text }
        var arguments: [String] { self.text.split(separator: " ").map(String.init) }
    }

    static let mailbox = "mailbox add m --address a@x.example --server imaps://h --user u"

    @Test(arguments: [
        Line("database migrate", DatabaseMigrate.self),
        Line("database status --format json", DatabaseStatusCommand.self),
        Line("database migrate --database postgresql:///baton?host=/tmp", DatabaseMigrate.self),
        Line("agent add ann --name Ann --email ann@x.example --email a@y.example", AgentAdd.self),
        Line("agent list --format csv --raw", AgentList.self), Line("queue add support", QueueAdd.self),
        Line("queue add support --member ann --member bob", QueueAdd.self), Line("queue list", QueueList.self),
        Line("queue join support ann bob", QueueJoin.self),
        Line("\(Self.mailbox) --password-file /f", MailboxAdd.self),
        Line(
            """
            \(Self.mailbox) --password-variable P --queue q --layout both --ca-file /c --breaker 0 --linger 10m \
            --marks-reach 90d --on-delete keep --authserv-id mx.example --agents-folder Team --closed-folder Done
            """,
            MailboxAdd.self
        ),
        Line(
            "mailbox add m --address a@x.example --server imap://127.0.0.1:143 --user u --password-file f --plaintext",
            MailboxAdd.self
        ),
        Line(
            "mailbox add m --address a@x.example --server imap://h --user u --password-file f --plaintext --force-plaintext",
            MailboxAdd.self
        ),
        Line("mailbox edit m --layout none", MailboxEdit.self), Line("mailbox edit m", MailboxEdit.self),
        Line("mailbox edit m --no-ca-file --no-authserv-id --no-plaintext --linger 0", MailboxEdit.self),
        Line("mailbox list --format json", MailboxList.self), Line("mailbox show m --format json", MailboxShow.self),
        Line("mailbox probe m --select", MailboxProbe.self),
        Line("mailbox restore m --dry-run --format json", MailboxRestore.self),
        Line("mailbox restore m --yes --timeout 60", MailboxRestore.self),
        Line("quarantine list --mailbox m --format csv", QuarantineList.self),
        Line("quarantine show 12 --format json", QuarantineShow.self),
        Line("quarantine retry 12 13", QuarantineRetry.self),
        Line("quarantine retry --all --mailbox m", QuarantineRetry.self),
        Line("quarantine export 12 /tmp/mail.eml", QuarantineExport.self),
        Line("quarantine discard 12 --yes", QuarantineDiscard.self),
        Line("ticket list --unowned --status open --queue q --mailbox m --limit 5", TicketList.self),
        Line("ticket list --owner ann --format json", TicketList.self), Line("ticket show 7", TicketShow.self),
        Line("ticket show #7 --format json", TicketShow.self),
        Line("ticket history 7 --format csv", TicketHistory.self),
        Line("ticket assign 7 ann", TicketAssign.self), Line("ticket assign 7 ann --as bob", TicketAssign.self),
        Line("ticket claim 7 --as ann", TicketClaim.self), Line("ticket release 7", TicketRelease.self),
        Line("ticket close 7 --as ann", TicketClose.self), Line("ticket reopen 7", TicketReopen.self),
        Line("ticket pending 7", TicketPending.self), Line("ticket note 7 text", TicketNoteCommand.self),
        Line("ticket note 7 - --as ann", TicketNoteCommand.self), Line("doctor --format json", DoctorCommand.self),
        Line("run --once --timeout 5", RunCommand.self), Line("run", RunCommand.self),
    ])
    func `a good line is its verb`(line: Line) throws {
        let command = try Baton.parseAsRoot(line.arguments)
        #expect(type(of: command) == line.verb)
    }

    @Test(arguments: [
        ("tickets list", "tickets"), ("agent add Ann --name Ann", "lower-case letter"),
        ("agent add ann", "--name"), ("agent add ann --name Ann --email nobody", "ann@example.com"),
        ("agent add ann --name \u{202E}Ann", "reading direction"), ("queue add Support", "a-z, 0-9"),
        ("queue join support", "agents"), ("database migrate --database postgresql://u:secret@h/d", "~/.pgpass"),
        ("database migrate --database postgresql:///d?password=secret", "BATON_DATABASE_URL"),
        ("ticket list --limit 0", "from 1 up"),
        ("ticket list --status waiting", "open"), ("ticket list --owner ann --unowned", "exclude"),
        ("ticket list --format xml", "table"), ("ticket show --format csv 7", "json"), ("ticket show seven", "number"),
        ("ticket show 0", "number"), ("quarantine show x", "number"), ("quarantine retry", "--all"),
        ("quarantine retry 12 --all", "--all"), ("quarantine retry 12 --mailbox m", "--all"),
        ("quarantine export 12", "place"), ("mailbox restore m --timeout 0", "--timeout"), ("ticket claim 7", "--as"),
        ("ticket assign 7", "agent"),
        ("mailbox add m --address a@x.example --server imaps://h --user u", "--password-file"),
        ("\(Self.mailbox) --password-file f --password-variable V", "exclude"),
        ("\(Self.mailbox) --password-file f --layout folder", "folders"),
        ("\(Self.mailbox) --password-file f --linger 10", "10m"),
        ("\(Self.mailbox) --password-file f --linger x", "10m"),
        ("\(Self.mailbox) --password-file f --breaker -1", "--breaker"),
        ("\(Self.mailbox) --password-file f --on-delete drop", "close"),
        ("\(Self.mailbox) --password-file f --plaintext", "imap"),
        ("\(Self.mailbox) --password-file f --force-plaintext", "--plaintext"),
        ("\(Self.mailbox) --password-variable my-password", "the name, not the password"),
        ("\(Self.mailbox) --password-file f --agents-folder a/b", "folder name"),
        (
            "mailbox add m --address a@x.example --server imap://h --user u --password-file f --plaintext",
            "--force-plaintext"
        ),
        ("mailbox add m --address a@x.example --server http://h --user u --password-file f", "imaps://"),
        ("mailbox add m --address a@x.example --server imaps://u:secret@h --user u --password-file f", "host"),
        ("mailbox edit m --ca-file f --no-ca-file", "exclude"), ("run --timeout 5", "--once"),
        ("run --once --timeout 0", "above 0"),
    ])
    func `a bad line is refused with status 2 and says what is allowed`(line: String, hint: String) {
        let error = #expect(throws: (any Error).self) {
            try Baton.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        guard let error else { return }
        let ending = Baton.ending(for: error)
        #expect(ending.status == 2)
        #expect(ending.output.isEmpty)
        #expect(ending.errorOutput.hasPrefix("baton: "))
        #expect(ending.errorOutput.contains(hint), "\(ending.errorOutput)")
        #expect(!ending.errorOutput.contains("secret"))
    }

    @Test(arguments: [
        ("tickets list", "There is no command `baton tickets`. Did you mean ticket?"),
        ("ticket lst 7", "There is no command `baton ticket lst`. Did you mean list?"),
        ("mailbox frobnicate", "There is no command `baton mailbox frobnicate`. See `baton mailbox --help`."),
    ])
    func `a command that does not exist is answered by one that does`(line: String, text: String) {
        let arguments = line.split(separator: " ").map(String.init)
        let error = #expect(throws: (any Error).self) { try Baton.parseAsRoot(arguments) }
        guard let error else { return }
        let ending = Baton.ending(for: error, arguments: arguments)
        #expect(ending.errorOutput == "baton: \(text)\n")
        #expect(ending.status == 2)
    }

    @Test(arguments: [
        "ticket", "ticket list --nothing", "", "help ticket", "ticket show seven", "--nothing ticket",
        "mailbox gestures list",
    ])
    func `where every command exists none is suggested`(line: String) {
        #expect(VerbSuggestion.failure(for: line.split(separator: " ").map(String.init), below: Baton.self) == nil)
    }

    @Test(arguments: ["--help", "ticket --help", "mailbox add --help", "--version", "ticket list -h"])
    func `help goes to standard output with status 0`(line: String) {
        let error = #expect(throws: (any Error).self) {
            var command = try Baton.parseAsRoot(line.split(separator: " ").map(String.init))
            try command.run()
        }
        guard let error else { return }
        let ending = Baton.ending(for: error)
        #expect(ending.status == 0)
        #expect(!ending.output.isEmpty && ending.errorOutput.isEmpty)
    }

    @Test(arguments: [
        ("0", Int64(0)), ("30s", 30), ("10m", 600), ("2h", 7_200), ("90d", 7_776_000), ("1w", 604_800), ("0s", 0),
    ])
    func `durations are numbers with a unit`(text: String, seconds: Int64) throws {
        #expect(try ArgumentReading.duration(text) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "10", "m", "-1m", "1.5h", "10M", "1y", "٣m", "99999999999999999999s", "9223372036854775807w", "200000d",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(throws: ValidationError.self) { try ArgumentReading.duration(text) }
    }

    @Test(arguments: ["ann@x.example", "a+b@x.example", "o'neil@x.example", "jörg@bücher.example", "a/b@x.example"])
    func `addresses are taken as they are`(text: String) throws {
        #expect(try ArgumentReading.address(text).address == text)
    }

    @Test(arguments: [
        "", "ann", "@x.example", "ann@", "ann@x..example", "ann@.example", "Ann <ann@x.example>", "a b@x.example",
        "ann@x.example,bob@x.example", "\"a b\"@x.example", "ann@[127.0.0.1]", "a\u{1B}@x.example",
        "a\u{202E}@x.example",
        "a@b@x.example",
    ])
    func `what is no bare address is refused`(text: String) {
        #expect(throws: ValidationError.self) { try ArgumentReading.address(text) }
    }

    @Test(arguments: [
        ("imaps://mail.example", false, "imaps://mail.example:993"),
        ("imap://mail.example", false, "imap://mail.example:143"),
        ("imaps://mail.example:1993", false, "imaps://mail.example:1993"),
        ("imap://127.0.0.1:10143", true, "imap://127.0.0.1:10143"),
        ("imap://[::1]:143", true, "imap://[::1]:143"), ("imap://localhost", true, "imap://localhost:143"),
    ])
    func `a server is stored in one form`(url: String, plaintext: Bool, stored: String) throws {
        let server = try ServerAddress(url: url, plaintext: plaintext, isForced: false)
        #expect(server.text == stored)
        #expect(server.isPlaintext == plaintext)
        #expect(try ServerAddress(url: stored, plaintext: plaintext, isForced: false) == server)
    }

    @Test(arguments: [
        "127.evil.example", "127.0.0.1.example", "localhost.example", "128.0.0.1", "::2", "127.0.0", "127.0.0.256",
    ])
    func `only this machine is this machine`(host: String) {
        #expect(!ServerAddress.isThisMachine(host))
    }

    @Test(
        arguments: [
            (nil, "postgresql:///e", "postgresql:///e"), ("postgresql:///o", "postgresql:///e", "postgresql:///o"),
            ("postgresql:///o", nil, "postgresql:///o"), (nil, nil, nil), (nil, "", nil),
        ] as [(String?, String?, String?)]
    )
    func `the option wins over the environment, and neither leaves it to libpq`(
        option: String?,
        variable: String?,
        uri: String?
    ) throws {
        let arguments = option.map { ["--database", $0] } ?? []
        #expect(try DatabaseOptions.parse(arguments).uri { $0 == "BATON_DATABASE_URL" ? variable : nil } == uri)
    }

    @Test func `a listing is a table on a terminal and CSV elsewhere`() throws {
        let options = try ListingOptions.parse([])
        #expect(options.format(on: TextTableTests.screen(80)) == .table)
        #expect(options.format(on: TextTableTests.file) == .csv)
        #expect(try ListingOptions.parse(["--format", "json"]).format(on: TextTableTests.screen(80)) == .json)
    }
}
