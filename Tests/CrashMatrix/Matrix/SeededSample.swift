/// Numbers that are the same for the same seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Begins with a seed.
    package init(seed: UInt64) {
        self.state = seed
    }

    /// The next number.
    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension [CrashPoint] {
    /// So many of them, the same for the same seed, with as many of each scenario as it has a share in all.
    package func sample(_ count: Int, seed: UInt64) -> [CrashPoint] {
        var generator = SeededGenerator(seed: seed)
        return Array(self.shuffled(using: &generator).prefix(count))
    }
}
