import Testing

@testable import IMAP

@Suite("Commands on the wire")
struct CommandEncoderTests {
    private static func encode(
        _ literals: CommandEncoder.LiteralMode = .synchronizing,
        _ build: (inout CommandEncoder) throws(IMAPError) -> Void
    ) throws(IMAPError) -> EncodedCommand {
        var encoder = CommandEncoder(tag: "A1", verb: "X", literals: literals)
        try build(&encoder)
        return encoder.finish()
    }

    private static func text(_ command: EncodedCommand) -> [String] {
        command.parts.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(arguments: [
        ("INBOX", ["A1 X INBOX\r\n"]), ("", ["A1 X \"\"\r\n"]), ("a b", ["A1 X \"a b\"\r\n"]),
        ("a\"b\\c", ["A1 X \"a\\\"b\\\\c\"\r\n"]), ("Entw&APw-rfe", ["A1 X Entw&APw-rfe\r\n"]),
        ("a*", ["A1 X \"a*\"\r\n"]), ("[Gmail]", ["A1 X \"[Gmail]\"\r\n"]), ("nil", ["A1 X \"nil\"\r\n"]),
        ("ü", ["A1 X {2}\r\n", "ü\r\n"]), ("(x)", ["A1 X \"(x)\"\r\n"]),
    ])
    func `a string takes the plainest form that can carry it`(text: String, expected: [String]) throws {
        let command = try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.astring(Array(text.utf8))
        }
        #expect(Self.text(command) == expected)
    }

    @Test(arguments: ["a\r\nA2 LOGOUT", "a\nb", "a\rb", "a\0b"])
    func `a string cannot smuggle in a command`(text: String) {
        #expect(throws: IMAPError.self) {
            try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in
                try encoder.astring(Array(text.utf8))
            }
        }
    }

    @Test(arguments: [
        "", "a b", "a)", "\\", "\\a\\b", "ü", "a\r\nb", "a{1}", "a\"b", "a]b", "%", "*", "\\*", "\\Seen)", "a\0",
    ])
    func `a flag cannot be anything but a flag`(flag: String) {
        #expect(throws: IMAPError.self) {
            try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in try encoder.flags([flag]) }
        }
    }

    @Test func `flags and sets are written plainly`() throws {
        let command = try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.uids(UIDSet([3, 1, 2]))
            try encoder.flags(["\\Seen", "$hd_a0", "hd:x/y"])
        }
        #expect(Self.text(command) == ["A1 X 1:3 (\\Seen $hd_a0 hd:x/y)\r\n"])
    }

    @Test func `an empty set cannot be sent`() {
        #expect(throws: IMAPError.self) {
            try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in try encoder.uids(UIDSet()) }
        }
    }

    @Test(arguments: [
        (CommandEncoder.LiteralMode.synchronizing, 5, true), (.synchronizing, 4097, true),
        (.nonSynchronizing, 4096, false), (.nonSynchronizing, 4097, true), (.nonSynchronizingSmall, 4096, false),
        (.nonSynchronizingSmall, 4097, true),
    ])
    func `a literal waits unless it is small and need not`(
        mode: CommandEncoder.LiteralMode,
        size: Int,
        waits: Bool
    ) throws {
        let command = try Self.encode(mode) { (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.message(Array(repeating: 0x78, count: size))
        }
        #expect(command.parts.map(\.awaitsContinuation) == (waits ? [true, false] : [false]))
        #expect(Self.text(command).first?.hasPrefix("A1 X {\(size)\(waits ? "" : "+")}\r\n") == true)
    }

    @Test(arguments: ["secret", "se cret", "geheimnüs"])
    func `the log holds no secret and no literal`(password: String) throws {
        let command = try Self.encode { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.astring(Array(password.utf8), isSecret: true)
            encoder.message(Array("Subject: private".utf8))
        }
        #expect(!command.log.contains(password) && !command.log.contains("private"))
        #expect(command.log.contains("‹redacted›"))
    }
}
