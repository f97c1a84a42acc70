import ArgumentParser
import Desk
import DeskStore
import Rendering

/// `baton quarantine show`.
struct QuarantineShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is known of a mail in quarantine, and how it begins.",
        discussion: "Bytes that are no plain text are shown as escapes, never sent to the terminal."
    )

    @OptionGroup var mail: QuarantinedMailArgument
    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    /// How much of the mail is shown, in bytes.
    static let shown = 4096

    func run() async throws {
        let (mail, start) = try await self.database.withDatabase { database in
            try await database.unit { unit in
                let mail = try self.mail.find(unit)
                let content = try QuarantineQueries.content(unit, mail)
                let piece = try content.flatMap { try QuarantineQueries.piece(unit, $0, 0) }
                return (mail, (piece ?? []).prefix(Self.shown))
            }
        }
        // Every byte is a character here, so that a broken mail is seen as it is.
        let text = String(String.UnicodeScalarView(start.map { Unicode.Scalar($0) })).replacing("\r\n", with: "\n")
        switch self.detail.format {
        case .table:
            Output.write(FieldList.text(Self.fields(mail).map { ($0.title, $0.value.shown) }))
            Output.line()
            Output.line(SafeText.block(text))
        case .json:
            var members = Self.fields(mail).map { JSONText.Member(name: $0.key, value: $0.value.json) }
            members.append(JSONText.Member(name: "start", value: .string(text)))
            Output.line(JSONText.object(members).indented)
        }
    }

    private static func fields(_ mail: QuarantinedMail) -> [MailboxShow.Field] {
        [
            .init(key: "id", title: "mail", value: .integer(mail.id.rawValue)),
            .init(key: "mailbox", title: "mailbox", value: .word(mail.mailbox)),
            .init(key: "ticket", title: "ticket", value: mail.ticket.map { .integer($0.rawValue) } ?? .none),
            .init(key: "received_at", title: "received (UTC)", value: .instant(mail.receivedAt)),
            .init(key: "quarantined_at", title: "in quarantine since (UTC)", value: .instant(mail.filedAt)),
            .init(key: "reason", title: "reason", value: .optional(mail.reason)),
            .init(key: "size", title: "bytes", value: mail.size.map { .integer($0) } ?? .none),
            .init(key: "note", title: "note", value: .optional(mail.note)),
            .init(key: "digest", title: "SHA-256", value: .word(Self.hex(mail.digest))),
            .init(key: "message_id", title: "Message-ID", value: .optional(mail.messageID)),
            .init(key: "from", title: "from", value: .text(mail.from)),
            .init(key: "subject", title: "subject", value: .text(mail.subject)),
            .init(key: "places", title: "lies in", value: .texts(mail.places)),
        ]
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

/// Names a mail in quarantine.
struct QuarantinedMailArgument: ParsableArguments {
    @Argument(help: "The number that `baton quarantine list` gives it.", transform: ArgumentReading.message)
    var number: Identifier<Message>

    /// The mail, or what to say when it is not in quarantine.
    func find(_ unit: Unit) throws -> QuarantinedMail {
        try Self.find(unit, self.number)
    }

    static func find(_ unit: Unit, _ number: Identifier<Message>) throws -> QuarantinedMail {
        if let mail = try QuarantineQueries.list(unit, message: number).first { return mail }
        throw CommandFailure.refused("No mail \(number) is in quarantine", "See `baton quarantine list`")
    }
}
