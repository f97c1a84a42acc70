/// The keywords a server has ever heard of, each with a number; compared in any case, shown as first spelled.
package struct KeywordTable: Equatable, Sendable {
    private var spellings: [String] = []
    private var folded: [String] = []

    /// No keywords.
    package init() {}

    /// The flag of this spelling, where it is known: `\Seen` and its like, or a keyword.
    package func flag(_ text: String) -> ModelFlags.Element? {
        let lower = text.lowercased()
        if let system = Self.system.first(where: { $0.lower == lower }) { return system.flag }
        return self.folded.firstIndex(of: lower).map { .keyword($0) }
    }

    /// The keyword of this spelling, given a number if it had none; nil when the table is full.
    package mutating func keyword(_ text: String) -> ModelFlags.Element? {
        if let known = self.flag(text) { return known }
        guard self.spellings.count < ModelFlags.maximumKeywords else { return nil }
        self.spellings.append(text)
        self.folded.append(text.lowercased())
        return .keyword(self.spellings.count - 1)
    }

    /// How a flag is written.
    package func spelling(_ flag: ModelFlags.Element) -> String {
        if let number = flag.keyword { return self.spellings[number] }
        return Self.system.first { $0.flag == flag }?.spelling ?? ""
    }

    /// How flags are written, in the order of their numbers.
    package func spellings(_ flags: ModelFlags) -> [String] { flags.elements.map(self.spelling) }

    private static let system: [(flag: ModelFlags.Element, spelling: String, lower: String)] = [
        (.answered, "\\Answered", "\\answered"), (.flagged, "\\Flagged", "\\flagged"),
        (.deleted, "\\Deleted", "\\deleted"), (.seen, "\\Seen", "\\seen"), (.draft, "\\Draft", "\\draft"),
    ]
}
