/// One thing the doctor looked at.
struct Finding: Equatable, Sendable {
    /// How it stands.
    enum Severity: String, Equatable, Sendable {
        case ok
        case warn
        case fail
    }

    let severity: Severity
    /// What it is about: `database`, `mailbox support`.
    let subject: String
    let message: String
    /// What to do; empty where there is nothing to do.
    let advice: String

    init(_ severity: Severity, _ subject: String, _ message: String, advice: String = "") {
        self.severity = severity
        self.subject = subject
        self.message = message
        self.advice = advice
    }

    /// A line each, the worst in colour, advice below.
    static func text(_ findings: [Finding], on terminal: Terminal) -> String {
        var text = ""
        for finding in findings {
            let word =
                switch finding.severity {
                case .ok: terminal.styled("ok  ", .green)
                case .warn: terminal.styled("warn", .yellow)
                case .fail: terminal.styled("fail", .red)
                }
            text += "\(word)  \(SafeText.line(finding.subject)): \(SafeText.line(finding.message))\n"
            if !finding.advice.isEmpty { text += "      \(SafeText.line(finding.advice))\n" }
        }
        return text
    }

    static func listing(_ findings: [Finding]) -> Listing {
        Listing(
            columns: [
                .init(key: "status", title: "Status"),
                .init(key: "subject", title: "What"),
                .init(key: "message", title: "Finding", isFlexible: true),
                .init(key: "advice", title: "To do", isFlexible: true),
            ],
            rows: findings.map { finding in
                [
                    .word(finding.severity.rawValue), .text(finding.subject), .text(finding.message),
                    .optional(finding.advice.isEmpty ? nil : finding.advice),
                ]
            },
            emptyText: "Nothing was examined."
        )
    }
}
