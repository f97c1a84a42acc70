/// A small generator whose numbers depend on its seed alone (SplitMix64), so that a demo can be shown twice.
struct SampleRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range, each as likely as the others but for a bias too small to matter here.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(self.next() % UInt64(range.count))
    }

    /// Whether something with this many chances in a hundred happens.
    mutating func happens(percent: Int) -> Bool {
        self.number(0...99) < percent
    }

    /// Letters and digits for an id.
    mutating func identifier() -> String {
        String(self.next(), radix: 36)
    }
}
