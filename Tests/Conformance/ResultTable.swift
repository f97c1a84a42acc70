import Foundation

/// The results of a whole run: scenario by server, for people and for `docs/imap.md`.
package struct ResultTable: Sendable {
    /// The line that begins the table in a document.
    package static let begin = "<!-- Written by make conformance; not by hand. -->"
    /// The line that ends it there.
    package static let end = "<!-- End of what make conformance writes. -->"

    /// Every result there is.
    package private(set) var results: [ServerKind: [ScenarioResult]] = [:]

    /// No results yet.
    package init() {}

    /// Adds the results of a server.
    package mutating func add(_ results: [ScenarioResult], of kind: ServerKind) { self.results[kind] = results }

    private func verdict(_ scenario: Scenario, _ kind: ServerKind) -> ScenarioResult.Verdict? {
        self.results[kind]?.first { $0.scenario == scenario.name }?.verdict
    }

    /// Whether a model went every scenario's way as the server it stands for; nil where either was not run.
    private func agrees(_ scenario: Scenario, _ kind: ServerKind) -> Bool? {
        guard let model = kind.model, let real = self.verdict(scenario, kind), let shown = self.verdict(scenario, model)
        else { return nil }
        return real == shown
    }

    /// What went wrong, a line each.
    package var failures: [String] {
        var lines: [String] = []
        for kind in ServerKind.allCases {
            for result in self.results[kind] ?? [] {
                guard case .failed(let what) = result.verdict else { continue }
                lines.append("\(kind.title): \(result.scenario): \(what)")
            }
            for scenario in Scenario.all where self.agrees(scenario, kind) == false {
                let ways = [kind, kind.model ?? kind].map { self.verdict(scenario, $0).map { "\($0)" } ?? "not run" }
                lines.append(
                    "the model of \(kind.title) goes another way: \(scenario.name): \(ways[1]), not \(ways[0])"
                )
            }
        }
        return lines
    }

    /// The table in Markdown: yes, a letter for another way, or **fails**; what the letters mean stands below.
    package var markdown: String {
        let kinds = ServerKind.allCases.filter { $0.profile == nil && self.results[$0] != nil }
        var notes: [String] = []
        func cell(_ verdict: ScenarioResult.Verdict?) -> String {
            switch verdict {
            case nil: return "–"
            case .failed: return "**fails**"
            case .passed(.asOffered): return "yes"
            case .passed(.instead(let text)):
                if !notes.contains(text) { notes.append(text) }
                return Self.letter(notes.firstIndex(of: text) ?? 0)
            }
        }
        var lines = [
            "| scenario | " + kinds.map(\.title).joined(separator: " | ") + " | the models |",
            "| --- |" + String(repeating: " --- |", count: kinds.count + 1),
        ]
        for scenario in Scenario.all {
            let cells = kinds.map { cell(self.verdict(scenario, $0)) }
            let agreements = kinds.compactMap { self.agrees(scenario, $0) }
            let model = agreements.isEmpty ? "–" : agreements.allSatisfy { $0 } ? "same" : "**differ**"
            lines.append("| \(scenario.name) | \(cells.joined(separator: " | ")) | \(model) |")
        }
        let meaning = notes.enumerated().map { "\(Self.letter($0.offset)): \($0.element)" }
        return (lines + ["", "The same end another way: " + meaning.joined(separator: "; ") + "."])
            .joined(separator: "\n")
    }

    private static func letter(_ number: Int) -> String {
        String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number % 26)))
    }

    /// The document with this table in the place of the one in it; nil where it has no such place.
    package func written(into document: String) -> String? {
        guard let begin = document.range(of: Self.begin), let end = document.range(of: Self.end),
            begin.upperBound <= end.lowerBound
        else { return nil }
        return document[..<begin.upperBound] + "\n\n" + self.markdown + "\n\n" + document[end.lowerBound...]
    }
}
