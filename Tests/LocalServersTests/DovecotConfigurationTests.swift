import Testing

@testable import LocalServers

@Suite("The configuration of a private Dovecot")
struct DovecotConfigurationTests {
    private static func text(isRoot: Bool, format: PrivateDovecot.Format = .maildir, extra: String = "") -> String {
        DovecotConfiguration(
            home: "/tmp/baton-x/dovecot",
            format: format,
            ports: DovecotConfiguration.Ports(imap: 1_143, imaps: 1_993, lmtp: 1_024),
            mailUser: ServerUser(name: "mia", userID: 1_000, groupID: 0),
            isRoot: isRoot,
            plaintext: true,
            extra: extra
        ).text
    }

    @Test func `only a rootless one gives all its processes to the mail user`() {
        #expect(Self.text(isRoot: false).contains("default_internal_user = mia"))
        // Dovecot takes a group by its name alone.
        #expect(Self.text(isRoot: false).contains("default_internal_group = root"))
        #expect(!Self.text(isRoot: true).contains("default_internal_user"))
        #expect(Self.text(isRoot: true).contains("user = root"))
    }

    @Test(arguments: [(PrivateDovecot.Format.maildir, "maildir:~/Maildir"), (.sdbox, "sdbox:~/sdbox")])
    func `mail lies where the format says`(format: PrivateDovecot.Format, location: String) {
        #expect(Self.text(isRoot: true, format: format).contains("mail_location = \(location)\n"))
    }

    @Test func `further lines come last, so that they win`() {
        #expect(Self.text(isRoot: true, extra: "mail_fsync = always").hasSuffix("mail_fsync = always"))
    }

    @Test(arguments: ["port = 1143", "port = 1993", "port = 1024", "listen = 127.0.0.1", "special_use = \\Junk"])
    func `it names every port and folder`(line: String) {
        #expect(Self.text(isRoot: true).contains(line))
    }
}
