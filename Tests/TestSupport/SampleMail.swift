/// A small mail as somebody's program would write it.
package struct SampleMail: Sendable {
    /// The subject, and by default what the id is made of.
    package var subject: String
    /// The From field.
    package var from: String
    /// The To field.
    package var to: String
    /// The id without its brackets.
    package var id: String
    /// Ids without brackets, oldest first; the last is also what it answers.
    package var references: [String] = []
    /// More fields, as lines without their ends.
    package var fields: [String] = []
    /// The Date field: minutes after 5 January 2026, 10:00 UTC.
    package var minute: Int
    /// The text.
    package var text: String

    /// A question to `support@example.com`.
    package init(
        _ subject: String,
        from: String = "Eve <eve@contact.example>",
        to: String = "support@example.com",
        minute: Int = 0,
        answers references: [String] = []
    ) {
        self.subject = subject
        self.from = from
        self.to = to
        self.minute = minute
        self.references = references
        self.id = "\(subject.lowercased().replacing(" ", with: "-"))@contact.example"
        self.text = "About \(subject).\r\n"
    }

    /// An answer from an agent's own client, as it lies in Sent.
    package static func answer(to mail: SampleMail, from agent: String, minute: Int) -> SampleMail {
        var answer = SampleMail("Re: \(mail.subject)", from: agent, to: mail.from, minute: minute)
        answer.id = "re-\(minute)-\(mail.id)"
        answer.references = mail.references + [mail.id]
        return answer
    }

    /// All of it, with CRLF.
    package var bytes: [UInt8] {
        var lines = ["From: \(self.from)", "To: \(self.to)", "Subject: \(self.subject)", "Message-ID: <\(self.id)>"]
        lines.append("Date: \(Self.weekday(self.minute)), \(Self.clock(self.minute, separator: " "))")
        if let last = self.references.last {
            lines.append("In-Reply-To: <\(last)>")
            lines.append("References: \(self.references.map { "<\($0)>" }.joined(separator: " "))")
        }
        return Array(((lines + self.fields).joined(separator: "\r\n") + "\r\n\r\n" + self.text).utf8)
    }

    /// INTERNALDATE as APPEND takes it.
    package var arrival: String { Self.clock(self.minute, separator: "-") }

    private static func clock(_ minute: Int, separator: String) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let total = 10 * 60 + minute
        let day = ["\(two(5 + total / 1440))", "Jan", "2026"].joined(separator: separator)
        return "\(day) \(two(total / 60 % 24)):\(two(total % 60)):00 +0000"
    }

    private static func weekday(_ minute: Int) -> String {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][(10 * 60 + minute) / 1440 % 7]
    }
}
