import MIME

/// A mail with CRLF line ends out of lines a test can read.
func mail(_ lines: String...) -> [UInt8] {
    Array(lines.joined(separator: "\r\n").utf8)
}

/// A mail with one header field and no body.
func mail(header: String) -> [UInt8] {
    Array((header + "\r\n\r\n").utf8)
}

/// A plain mail with the given type and encoding fields, and a body in any charset.
func mail(type: String, encoding: String? = nil, body: [UInt8]) -> [UInt8] {
    var bytes = Array("Subject: s\r\nContent-Type: \(type)\r\n".utf8)
    if let encoding { bytes += Array("Content-Transfer-Encoding: \(encoding)\r\n".utf8) }
    return bytes + Array("\r\n".utf8) + body
}

extension MailMessage {
    /// The kinds of all problems noted.
    var problemKinds: Set<MailProblem.Kind> { Set(self.problems.map(\.kind)) }

    /// `path type/subtype` of each part.
    var outline: [String] { self.parts.map { "\($0.path) \($0.contentType.description)" } }
}
