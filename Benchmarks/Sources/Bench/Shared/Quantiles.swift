/// Values in order, to be asked for quantiles.
struct Quantiles {
    private let sorted: [Double]

    init(_ values: [Double]) {
        self.sorted = values.sorted()
    }

    var minimum: Double { self.sorted.first ?? .nan }
    var median: Double { self.at(0.5) }
    var maximum: Double { self.sorted.last ?? .nan }

    /// The smallest value that at least so large a part of the values does not exceed.
    func at(_ part: Double) -> Double {
        guard !self.sorted.isEmpty else { return .nan }
        let index = Int((part * Double(self.sorted.count)).rounded(.up)) - 1
        return self.sorted[min(max(index, 0), self.sorted.count - 1)]
    }
}

extension Duration {
    /// With what is after the point.
    var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }
}
