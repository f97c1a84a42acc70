/// What one parse carries along: its limits, what it cost, and what it met.
///
/// A step is one turn of a loop over input or over something made from input; a scan by the C library counts each byte
/// it passes, a plain copy one step for 16 bytes. The cost law of the project is stated in these.
struct ParseContext: ~Copyable {
    let limits: MailLimits
    private(set) var steps = 0
    private(set) var problems: [MailProblem] = []
    /// The converter opened last; mail rarely uses two charsets.
    var converter = CharsetConverter()
    /// Where the field or part now read begins, for problems noted deep below it.
    var offset = 0
    /// The charset the mail itself declares, second guess for 8-bit header bytes.
    var declaredCharset: String?

    init(limits: MailLimits) {
        self.limits = limits
    }

    mutating func count(_ steps: Int) {
        self.steps &+= steps
    }

    mutating func note(_ kind: MailProblem.Kind, at offset: Int? = nil) {
        guard self.problems.count < self.limits.problems else { return }
        let problem = MailProblem(kind: kind, offset: offset ?? self.offset)
        if self.problems.last != problem { self.problems.append(problem) }
    }
}
