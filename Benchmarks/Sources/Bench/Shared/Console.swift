import Glibc

/// Writes one line at once: whoever reads the log of a long run wants each line when it is true.
func say(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return }
        rest = rest.dropFirst(max(0, count))
    }
}

/// A number with so many digits after its point.
func shown(_ value: Double, _ digits: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.\(digits)f", $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Minimum, median and maximum, as every summary shows them.
func shown(_ values: Quantiles, _ digits: Int) -> String {
    [values.minimum, values.median, values.maximum].map { shown($0, digits) }.joined(separator: " / ")
}
