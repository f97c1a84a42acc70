/// Where the demo speaks: numbered headings, sentences, and the commands it runs.
struct DemoStage {
    let terminal: Terminal

    /// A new chapter.
    func heading(_ number: Int, _ text: String) {
        Output.line("\n" + self.terminal.styled("\(number). \(text)", .bold))
    }

    /// A sentence of the narrator.
    func say(_ text: String) {
        Output.line(text)
    }

    /// A command as it would be typed.
    func prompt(_ command: String) {
        Output.line("\n" + self.terminal.styled("$ \(command)", .green))
    }
}
