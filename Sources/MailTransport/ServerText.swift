/// Makes what a server said fit to be shown: bounded, on one line, control characters escaped.
package enum ServerText {
    /// Longest text shown, in Unicode scalars.
    package static let limit = 300

    /// `text` with every control, bidirectional and line-separating scalar escaped, cut after ``limit`` scalars.
    package static func shown(_ text: String) -> String {
        var output = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < self.limit else {
                output += "…"
                break
            }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                output += "\\u{" + String(scalar.value, radix: 16) + "}"
            default:
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// The same for raw bytes; what is not UTF-8 becomes U+FFFD.
    package static func shown(_ bytes: some Collection<UInt8>) -> String {
        self.shown(String(decoding: bytes.prefix(self.limit * 4), as: UTF8.self))
    }
}
