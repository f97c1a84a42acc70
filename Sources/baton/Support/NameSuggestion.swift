/// Finds the names that somebody may have meant.
enum NameSuggestion {
    /// At most three names that differ little from the one given, the nearest first.
    static func similar(to name: String, among known: [String]) -> [String] {
        let name = name.lowercased()
        let allowed = max(1, name.count / 3)
        let rated = known.compactMap { candidate -> (name: String, distance: Int)? in
            // What was typed so far is the likeliest of all.
            if name.count >= 2, candidate.lowercased().hasPrefix(name) { return (candidate, 0) }
            let distance = Self.distance(name, candidate.lowercased(), limit: allowed)
            return distance.map { (candidate, $0) }
        }
        return rated.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other; nil beyond `limit`.
    static func distance(_ first: String, _ second: String, limit: Int) -> Int? {
        let first = Array(first)
        let second = Array(second)
        guard abs(first.count - second.count) <= limit else { return nil }
        guard !first.isEmpty, !second.isEmpty else {
            let distance = max(first.count, second.count)
            return distance <= limit ? distance : nil
        }
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 1...first.count {
            var current = [row]
            for column in 1...second.count {
                let isSame = first[row - 1] == second[column - 1]
                var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    best = min(best, beforeLast[column - 2] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        let distance = last[second.count]
        return distance <= limit ? distance : nil
    }
}
