/// Reproducible randomness for damaged mail (xorshift64).
struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed | 1
    }

    mutating func next(below bound: Int) -> Int {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return Int(self.state >> 1) % bound
    }

    /// `bytes` with a few of them changed, doubled, removed or moved; bytes that mean something in mail are favoured.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        let telling = Array("\r\n\0 \t:;,<>()\"\\=?-@&#/*'%\u{1B}".utf8) + [0x80, 0xC2, 0xE9, 0xFF]
        var copy = bytes
        for _ in 0..<(1 + copy.count / 100) {
            guard !copy.isEmpty else { break }
            let place = self.next(below: copy.count)
            switch self.next(below: 5) {
            case 0: copy[place] = telling[self.next(below: telling.count)]
            case 1: copy.insert(telling[self.next(below: telling.count)], at: place)
            case 2: copy.remove(at: place)
            case 3: copy.removeSubrange(place..<min(copy.count, place + self.next(below: 40)))
            default: copy.insert(contentsOf: copy[place..<min(copy.count, place + self.next(below: 80))], at: place)
            }
        }
        return copy
    }
}
