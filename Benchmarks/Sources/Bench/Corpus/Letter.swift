/// Writes one mail: headers as relays and clients leave them, one of several structures, several encodings.
struct Letter {
    let entry: Corpus.Entry
    var random: Random
    let from: Vocabulary.Person
    let to: Vocabulary.Person
    let subject: String
    let id: String
    let ancestors: [String]
    let noise: [UInt8]

    private static let longestAttachment = 5_200_000
    private static let files = [
        ("image/png", "screen.png"), ("application/pdf", "invoice.pdf"), ("image/jpeg", "IMG_1.jpg"),
    ]

    /// The whole mail with CRLF.
    mutating func write() -> [UInt8] {
        // One mail in 200 is not as it should be.
        let fault = self.random.below(200) == 0 ? 1 + self.random.below(3) : 0
        var text = self.headers(withoutID: fault == 1)
        let boundary = "=_\(String(self.random.next(), radix: 36))"
        let hasFiles = self.random.below(5) == 0
        let core = self.core(boundary, charset: fault == 2 ? "x-no-such" : "utf-8")
        guard hasFiles else {
            return Array((text + core).utf8)
        }
        text += "Content-Type: multipart/mixed; boundary=\"\(boundary)m\"\r\n\r\n--\(boundary)m\r\n\(core)\r\n"
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + self.random.below(5) / 3) { self.attach(boundary, to: &bytes) }
        if fault != 3 { bytes += Array("--\(boundary)m--\r\n".utf8) }
        return bytes
    }

    private mutating func headers(withoutID: Bool) -> String {
        let date = MailDate.header(self.entry.arrived)
        var lines: [String] = []
        for hop in 0..<(2 + self.random.below(4)) {
            lines.append(
                "Received: from mx\(hop).example.net (mx\(hop).example.net [192.0.2.\(1 + self.random.below(250))])\r\n"
                    + "\tby mx.helpdesk.example with ESMTPS id \(String(self.random.next(), radix: 16)); \(date)"
            )
        }
        if self.random.below(5) > 0 {
            let start = self.random.below(100_000) * 78
            let signature = String(decoding: self.noise[start..<(start + 310)], as: UTF8.self)
            lines.append(
                "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s1; h=from:to:subject:date;\r\n\tb="
                    + signature.split(whereSeparator: \.isNewline).joined(separator: "\r\n\t ")
            )
            lines.append("Authentication-Results: mx.helpdesk.example; dkim=pass; dmarc=pass")
        }
        lines += [
            "From: \(Self.encoded(self.from.name)) <\(self.from.address)>",
            "To: \(Self.encoded(self.to.name)) <\(self.to.address)>",
            "Subject: \(Self.encoded(self.subject))",
            "Date: \(date)",
        ]
        if !withoutID { lines.append("Message-ID: \(self.id)") }
        if let parent = self.ancestors.last {
            lines += ["In-Reply-To: \(parent)", "References: \(self.ancestors.suffix(10).joined(separator: "\r\n\t"))"]
        }
        return (lines + ["MIME-Version: 1.0"]).joined(separator: "\r\n") + "\r\n"
    }

    private mutating func core(_ boundary: String, charset: String) -> String {
        var paragraphs: [String] = []
        var size = max(60, self.random.logNormal(median: 900, spread: 0.9, limit: 12_000))
        while size > 0 {
            let paragraph = Vocabulary.words(12 + self.random.below(40), &self.random)
            size -= paragraph.utf8.count
            paragraphs.append(paragraph)
        }
        for ancestor in self.ancestors.suffix(3) {
            paragraphs.append("> \(ancestor) wrote: " + Vocabulary.words(50, &self.random))
        }
        let plain = Self.part("plain", paragraphs.map(Self.folded).joined(separator: "\r\n\r\n"), charset: charset)
        guard self.random.below(3) > 0 else { return plain }
        let page = paragraphs.map {
            "<p class=\"MsoNormal\"><span style=\"font-size:11.0pt\">\(Self.folded($0))</span></p>"
        }
        let html = Self.part(
            "html",
            "<html><head><style>p.MsoNormal{margin:0 0 8pt;line-height:107%}</style></head><body>\r\n"
                + page.joined(separator: "\r\n") + "\r\n</body></html>",
            charset: charset
        )
        guard self.random.below(8) > 0 else { return html }
        return "Content-Type: multipart/alternative; boundary=\"\(boundary)a\"\r\n\r\n--\(boundary)a\r\n\(plain)\r\n"
            + "--\(boundary)a\r\n\(html)\r\n--\(boundary)a--\r\n"
    }

    private mutating func attach(_ boundary: String, to bytes: inout [UInt8]) {
        let size = max(120, self.random.logNormal(median: 10_400, spread: 1.75, limit: Self.longestAttachment))
        let lines = size / 57 + 1
        let (type, name) = self.random.pick(Self.files)
        let start = self.random.below(self.noise.count / 78 - lines) * 78
        bytes += Array(
            """
            --\(boundary)m\r\nContent-Type: \(type); name="\(name)"\r\nContent-Transfer-Encoding: base64\r\n\
            Content-Disposition: attachment; filename="\(name)"\r\n\r\n
            """.utf8
        )
        bytes += self.noise[start..<(start + lines * 78)]
    }

    /// A text part: 8bit where a client would leave it so, else quoted-printable.
    private static func part(_ subtype: String, _ text: String, charset: String) -> String {
        let isShort = text.utf8.count % 3 == 0
        let body = isShort ? text : Self.quotedPrintable(text)
        return "Content-Type: text/\(subtype); charset=\(charset)\r\n"
            + "Content-Transfer-Encoding: \(isShort ? "8bit" : "quoted-printable")\r\n\r\n\(body)\r\n"
    }

    /// RFC 2045 §6.7; lines of the input are short enough to need no soft breaks but for what is encoded.
    private static func quotedPrintable(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        var column = 0
        for byte in text.utf8 {
            if byte == 10 { column = 0 }
            if column > 70 {
                result += [61, 13, 10]
                column = 0
            }
            if byte == 61 || byte > 126 {
                result += [61, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                column += 3
            } else {
                result.append(byte)
                column += byte == 13 || byte == 10 ? 0 : 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Lines of about seventy letters.
    private static func folded(_ text: String) -> String {
        var result = ""
        var column = 0
        for word in text.split(separator: " ") {
            if column > 0 {
                let breaks = column + word.utf8.count > 70
                result += breaks ? "\r\n" : " "
                column = breaks ? 0 : column + 1
            }
            result += word
            column += word.utf8.count
        }
        return result
    }

    /// An encoded word by quoted-printable (RFC 2047 §4.2) where the text is not ASCII.
    private static func encoded(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        let words = text.split(separator: " ").map { word in
            "=?utf-8?Q?"
                + word.utf8.map { byte in
                    let isLetter = (65...90).contains(byte) || (97...122).contains(byte)
                    let hex = String(byte, radix: 16, uppercase: true)
                    return isLetter ? String(UnicodeScalar(byte)) : "=" + (hex.count == 1 ? "0" : "") + hex
                }
                .joined() + "_?="
        }
        return words.joined(separator: "\r\n ")
    }
}
