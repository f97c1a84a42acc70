/// The pause before each command to a server that says we ask too much, free of I/O.
///
/// Some say so in the text of an answer that is OK otherwise, and slow everything down or lock the account where nobody listens
/// (imap-field-notes Q71). Each such answer doubles the pause, each other one takes a quarter of it away.
struct Pace: Equatable, Sendable {
    /// The first pause.
    static let first = Duration.milliseconds(500)
    /// The longest.
    static let longest = Duration.seconds(60)
    /// A shorter one is none.
    static let shortest = Duration.milliseconds(50)

    /// Before the next command.
    private(set) var pause = Duration.zero

    /// A command was answered; `code` is that of its end.
    mutating func answered(_ code: ResponseCode?) {
        if case .throttled(let asked) = code {
            self.pause = min(Self.longest, max(self.pause * 2, Self.first, asked ?? .zero))
        } else {
            self.pause = self.pause * 0.75
            if self.pause < Self.shortest { self.pause = .zero }
        }
    }
}
