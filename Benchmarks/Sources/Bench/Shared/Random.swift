import Glibc

/// Numbers that depend on the seed alone (SplitMix64).
struct Random {
    private var state: UInt64

    /// The stream of one thing among many: the n-th message's, whatever was made before it.
    init(_ seed: UInt64, _ stream: Int) {
        self.state = seed &* 0xD134_2543_DE82_EF95 &+ UInt64(truncatingIfNeeded: stream) &* 0xA076_1D64_78BD_642F
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to, without, `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(self.next() % UInt64(bound))
    }

    /// 0 up to, without, 1.
    mutating func fraction() -> Double {
        Double(self.next() >> 11) / 9_007_199_254_740_992
    }

    /// A size as files and texts have them: mostly near the median, seldom very large.
    mutating func logNormal(median: Double, spread: Double, limit: Int) -> Int {
        let normal = sqrt(-2 * log(1 - self.fraction())) * cos(2 * Double.pi * self.fraction())
        return min(limit, Int(median * exp(spread * normal)))
    }

    mutating func pick<Element>(_ list: [Element]) -> Element {
        list[self.below(list.count)]
    }
}
