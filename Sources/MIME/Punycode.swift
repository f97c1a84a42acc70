/// Internationalised domain labels in ASCII.
///
/// Source: RFC 3492 §6.3. The label is taken as it is: lower-case, but not mapped or checked otherwise.
enum Punycode {
    private static let base = 36
    private static let tMin = 1
    private static let tMax = 26

    /// `label` itself when it is ASCII, else `xn--` and its encoding; a label of more than 63 scalars stays as it is.
    static func label(_ label: String) -> String {
        let scalars = label.unicodeScalars.map { Int($0.value) }
        guard scalars.count <= 63, scalars.contains(where: { $0 >= 0x80 }) else { return label }
        var output = scalars.filter { $0 < 0x80 }.map { UInt8($0) }
        let basicCount = output.count
        if basicCount > 0 { output.append(0x2D) }
        var handled = basicCount
        var codePoint = 0x80
        var delta = 0
        var bias = 72
        while handled < scalars.count {
            guard let next = scalars.filter({ $0 >= codePoint }).min() else { return label }
            delta += (next - codePoint) * (handled + 1)
            codePoint = next
            for scalar in scalars {
                if scalar < codePoint { delta += 1 }
                guard scalar == codePoint else { continue }
                self.append(delta, bias: bias, to: &output)
                bias = self.adapt(delta, count: handled + 1, isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta += 1
            codePoint += 1
        }
        return "xn--" + String(decoding: output, as: UTF8.self)
    }

    /// A generalised variable-length integer (RFC 3492 §3.3).
    private static func append(_ delta: Int, bias: Int, to output: inout [UInt8]) {
        var rest = delta
        var position = self.base
        while true {
            let threshold = min(max(position - bias, self.tMin), self.tMax)
            guard rest >= threshold else { break }
            output.append(self.digit(threshold + (rest - threshold) % (self.base - threshold)))
            rest = (rest - threshold) / (self.base - threshold)
            position += self.base
        }
        output.append(self.digit(rest))
    }

    private static func digit(_ value: Int) -> UInt8 {
        UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)
    }

    /// The bias of RFC 3492 §6.1.
    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var steps = 0
        while delta > (self.base - self.tMin) * self.tMax / 2 {
            delta /= self.base - self.tMin
            steps += self.base
        }
        return steps + (self.base - self.tMin + 1) * delta / (delta + 38)
    }
}
