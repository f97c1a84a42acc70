/// Numbers as sloppy servers write them (mail.ru: `9.3736e+06`), without floating point.
enum LooseNumber {
    /// More digits than this behind the point say nothing about an integer of 64 bits.
    private static let fractionDigits = 19

    /// The whole part of the number `text` is; nil where it is none, is negative, or has more than 64 bits.
    static func parse(_ text: ArraySlice<UInt8>) -> UInt64? {
        var rest = text
        guard let whole = self.digits(&rest) else { return nil }
        // Nearly all of them.
        if rest.isEmpty {
            var value: UInt64? = 0
            for digit in whole { value = value.flatMap { self.appending(UInt64(digit & 15), to: $0) } }
            return value
        }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard let digits = self.digits(&rest) else { return nil }
            fraction = digits.prefix(self.fractionDigits)
        }
        var exponent = 0
        if let letter = rest.first, Byte.uppercased(letter) == UInt8(ascii: "E") {
            rest.removeFirst()
            let isNegative = rest.first == UInt8(ascii: "-")
            if isNegative || rest.first == Byte.plus { rest.removeFirst() }
            guard let digits = self.digits(&rest), digits.count <= 2 else { return nil }
            exponent = digits.reduce(0) { $0 * 10 + Int($1 & 15) } * (isNegative ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        return self.value(whole, fraction, exponent: exponent)
    }

    /// The digits before the point once it was moved by `exponent`.
    private static func value(_ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, exponent: Int) -> UInt64? {
        let digits = whole + fraction
        let point = whole.count + exponent
        guard point > 0 else { return 0 }
        var value: UInt64 = 0
        for digit in digits.prefix(point) {
            guard let next = self.appending(UInt64(digit & 15), to: value) else { return nil }
            value = next
        }
        guard value > 0 else { return 0 }
        for _ in digits.count..<max(digits.count, point) {
            guard let next = self.appending(0, to: value) else { return nil }
            value = next
        }
        return value
    }

    private static func appending(_ digit: UInt64, to value: UInt64) -> UInt64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carried) = product.addingReportingOverflow(digit)
        return overflow || carried ? nil : sum
    }

    private static func digits(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let digits = text.prefix(while: Byte.isDigit)
        text = text.dropFirst(digits.count)
        return digits.isEmpty ? nil : digits
    }
}
