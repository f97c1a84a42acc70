import Glibc

/// What is known of the place a stream's output goes to.
struct Terminal: Equatable, Sendable {
    /// Whether a person reads it: the stream is a terminal.
    let isTerminal: Bool
    /// Columns of a line; nil where lines may have any length, as in a file.
    let columns: Int?
    /// Whether colour may be used: a terminal, not a dumb one, and `NO_COLOR` is not set.
    let hasColour: Bool

    /// Standard output of this process.
    static func standardOutput() -> Terminal {
        Terminal(descriptor: STDOUT_FILENO)
    }

    /// Standard error of this process.
    static func standardError() -> Terminal {
        Terminal(descriptor: STDERR_FILENO)
    }

    private init(descriptor: Int32) {
        let isTerminal = isatty(descriptor) == 1
        var size = winsize()
        let isSized = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
        self.init(
            isTerminal: isTerminal,
            kernelColumns: isSized ? Int(size.ws_col) : nil,
            variable: { name in getenv(name).map { String(cString: $0) } }
        )
    }

    /// Decides from what was found out, so that tests need no terminal.
    ///
    /// - Parameters:
    ///   - isTerminal: what `isatty` says.
    ///   - kernelColumns: what TIOCGWINSZ says; 0 means unknown, as on a serial line.
    ///   - variable: looks up an environment variable.
    init(isTerminal: Bool, kernelColumns: Int?, variable: (String) -> String?) {
        self.isTerminal = isTerminal
        // A person who sets COLUMNS means it, also through a pipe into a pager.
        let asked = variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        let measured = kernelColumns.flatMap { $0 > 0 ? $0 : nil }
        self.columns = asked ?? (isTerminal ? measured ?? 80 : nil)
        let isPlain = variable("NO_COLOR").map { !$0.isEmpty } ?? false
        self.hasColour = isTerminal && !isPlain && variable("TERM") != "dumb"
    }

    /// Colours and weights; each ends by itself.
    enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// The text in a style where colour may be used, else as it is.
    ///
    /// The text must already be safe.
    func styled(_ text: String, _ style: Style) -> String {
        self.hasColour && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
