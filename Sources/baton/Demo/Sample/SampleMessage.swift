import Desk
import Foundation

/// One mail of the demo's mailbox: what it says, and where and when the server has it.
struct SampleMessage {
    /// How the text is put into MIME.
    enum Form: CaseIterable {
        /// One part, UTF-8.
        case plain
        /// One part, ISO 8859-1, quoted-printable.
        case latin
        /// Plain text and HTML.
        case alternative
        /// HTML alone.
        case html
        /// Plain text and a picture.
        case picture
        /// Plain text and a PDF with a name that is not ASCII.
        case document
    }

    /// A name and an address.
    struct Person: Equatable {
        let name: String
        let address: String

        /// As it stands in a From or To field.
        var field: String { "\(encodedWord(self.name)) <\(self.address)>" }
    }

    var folder = "INBOX"
    var flags: [String] = []
    var arrived: Timestamp
    var id: String
    var from: Person
    var to: Person
    var subject: String
    var text: String
    var form = Form.plain
    /// Ids of the conversation so far, oldest first.
    var references: [String] = []
    /// Whole header lines of its own.
    var extraHeaders: [String] = []

    /// The mail as it lies on the server, with CRLF.
    var bytes: [UInt8] {
        let sent = Timestamp(microseconds: self.arrived.microseconds - 8_000_000)
        var lines = [
            "Received: from relay.\(self.from.address.drop { $0 != "@" }.dropFirst())",
            "\tby mx.nordlicht.example with ESMTPS; \(SampleDate.header(self.arrived))",
            "Date: \(SampleDate.header(sent))",
            "From: \(self.from.field)",
            "To: \(self.to.field)",
            "Subject: \(encodedWord(self.subject))",
            "Message-ID: \(self.id)",
        ]
        if let parent = self.references.last {
            lines += ["In-Reply-To: \(parent)", "References: \(self.references.joined(separator: "\r\n\t"))"]
        }
        lines += self.extraHeaders + ["MIME-Version: 1.0"]
        return Array((lines.joined(separator: "\r\n") + "\r\n" + self.body).utf8)
    }

    private var body: String {
        let boundary = "=_\(self.id.filter(\.isLetter).prefix(20))"
        return switch self.form {
        case .plain: self.plainPart
        case .latin:
            "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                + quotedPrintable(self.text, as: .isoLatin1)
        case .html: self.htmlPart
        case .alternative: self.multipart("alternative", boundary, [self.plainPart, self.htmlPart])
        case .picture:
            self.multipart("mixed", boundary, [self.plainPart, self.attachment("image/png", "filename=\"photo.png\"")])
        case .document:
            self.multipart(
                "mixed",
                boundary,
                [self.plainPart, self.attachment("application/pdf", "filename*=utf-8''Gr%C3%B6%C3%9Fentabelle.pdf")]
            )
        }
    }

    private var plainPart: String {
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + quotedPrintable(self.text, as: .utf8)
    }

    private var htmlPart: String {
        let paragraphs = self.text.split(separator: "\n", omittingEmptySubsequences: true).map { line in
            "<p>" + line.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
                + "</p>"
        }
        let page = "<html><body>\n" + paragraphs.joined(separator: "\n") + "\n</body></html>\n"
        return "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + quotedPrintable(page, as: .utf8)
    }

    private func multipart(_ subtype: String, _ boundary: String, _ parts: [String]) -> String {
        "Content-Type: multipart/\(subtype); boundary=\"\(boundary)\"\r\n\r\n"
            + parts.map { "--\(boundary)\r\n\($0)\r\n" }.joined() + "--\(boundary)--\r\n"
    }

    private func attachment(_ type: String, _ disposition: String) -> String {
        var random = SampleRandom(seed: UInt64(self.text.utf8.count))
        let bytes = (0..<3_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return "Content-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n"
            + "Content-Disposition: attachment; \(disposition)\r\n\r\n"
            + Data(bytes).base64EncodedString(options: [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ])
    }
}

/// The text as a header may have it: itself, or one encoded word (RFC 2047) where it is not ASCII.
private func encodedWord(_ text: String) -> String {
    text.utf8.allSatisfy { $0 < 0x80 } ? text : "=?utf-8?B?\(Data(text.utf8).base64EncodedString())?="
}

/// Quoted-printable (RFC 2045 §6.7) with CRLF, lines of at most 76 characters.
private func quotedPrintable(_ text: String, as encoding: String.Encoding) -> String {
    let digits = Array("0123456789ABCDEF")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        var result = ""
        var column = 0
        for byte in line.data(using: encoding, allowLossyConversion: true) ?? Data() {
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") || byte == 0x20
            let next = isPlain ? String(UnicodeScalar(byte)) : "=\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            if column + next.count > 75 {
                result += "=\r\n"
                column = 0
            }
            result += next
            column += next.count
        }
        return result.hasSuffix(" ") ? result.dropLast() + "=20" : result
    }
    return lines.joined(separator: "\r\n") + "\r\n"
}
