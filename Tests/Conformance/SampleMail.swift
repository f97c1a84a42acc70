/// A mail of the scenarios, known by its name: bytes that differ from all others'.
package struct SampleMail: Hashable, Sendable {
    /// What a state calls it.
    package let name: String
    /// Headers and body, lines ended by CRLF.
    package let bytes: [UInt8]
    /// When it arrived, in seconds since 1970.
    package let arrived: Int64

    package init(name: String, bytes: [UInt8], arrived: Int64 = 1_600_000_000) {
        self.name = name
        self.bytes = bytes
        self.arrived = arrived
    }

    /// An ordinary mail; one for each number.
    package static func plain(_ number: Int) -> SampleMail {
        SampleMail(
            name: "mail \(number)",
            bytes: Array((Self.head("plain-\(number)") + "\r\nText of mail \(number).\r\n").utf8),
            arrived: 1_600_000_000 + Int64(number) * 3_600
        )
    }

    /// Mails that a server, or a client, might be tempted to mend.
    package static let odd: [SampleMail] = [
        SampleMail(name: "no body", bytes: Array((Self.head("no-body") + "\r\n").utf8)),
        SampleMail(
            name: "dots and From",
            bytes: Array((Self.head("dots") + "\r\n.\r\n..\r\nFrom here\r\n>From there\r\n.\r\n").utf8)
        ),
        SampleMail(
            name: "like IMAP",
            bytes: Array((Self.head("imap") + "\r\n)\r\n* 1 EXPUNGE\r\na1 OK done\r\n{5}\r\n\"\\\r\n").utf8)
        ),
        SampleMail(
            name: "8 bit",
            bytes: Array(Self.head("8bit").utf8) + Array("\r\n".utf8) + (0x80...0xff).map { UInt8($0) }
                + Array("\r\nZürich, 東京\r\n".utf8)
        ),
        SampleMail(
            name: "long line",
            bytes: Array((Self.head("long") + "\r\n" + String(repeating: "x", count: 20_000) + "\r\n").utf8)
        ),
        SampleMail(
            name: "controls",
            bytes: Array(Self.head("controls").utf8) + [13, 10, 1, 7, 8, 9, 11, 12, 27, 127, 13, 10]
        ),
        SampleMail(
            name: "multipart",
            bytes: Array(
                ("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n" + Self.head("multipart")
                    + "\r\nbefore\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\n\r\n\r\n--b--\r\nafter\r\n")
                    .utf8
            )
        ),
    ]

    /// A mail whose last line has no end.
    package static let unended = SampleMail(
        name: "no line end",
        bytes: Array((Self.head("no-line-end") + "\r\nends here").utf8)
    )

    /// A mail of about six million bytes.
    package static let large: SampleMail = {
        let line = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789a\r\n".utf8)
        var bytes = Array((Self.head("large") + "\r\n").utf8)
        bytes.reserveCapacity(6_100_000)
        for number in 0..<78_000 {
            bytes += line
            if number % 1_000 == 0 { bytes += Array("line \(number)\r\n".utf8) }
        }
        return SampleMail(name: "large", bytes: bytes)
    }()

    /// Header lines without the empty one behind them.
    private static func head(_ id: String) -> String {
        "From: Ann <ann@example.org>\r\nTo: desk@example.org\r\nSubject: \(id)\r\nMessage-ID: <\(id)@example.org>\r\n"
            + "Date: Sun, 13 Sep 2020 12:26:40 +0000\r\n"
    }
}
