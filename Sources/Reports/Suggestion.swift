/// The known name that a mistyped one most likely stands for.
enum Suggestion {
    /// The nearest of the names, if it is near enough to be worth asking about; the first of several equals.
    ///
    /// Near is at most a third of the letters changed, or two: two letters in the wrong order are two changes. A name of
    /// less than four letters may differ in one. Letters are compared in lower case.
    static func nearest(to name: String, among names: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        var best: (distance: Int, name: String)?
        for candidate in names where candidate.utf8.count <= 64 {
            let distance = self.distance(wanted, Array(candidate.lowercased().utf8))
            if distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        guard let best, best.distance <= max(wanted.count < 4 ? 1 : 2, wanted.count / 3) else { return nil }
        return best.name
    }

    /// How many bytes must be inserted, removed or replaced to make one out of the other (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
