/// Splits bytes into lines, whatever ends them: CRLF, LF, CR CR LF, or CR alone.
///
/// A lone CR ends a line only where the mail has no LF near its beginning: otherwise a stray CR could turn the rest of
/// a header line into a field of its own.
struct LineReader: Equatable {
    /// How far an LF is looked for.
    private static let probe = 64 * 1024

    /// LF, or CR in a mail of bare CRs.
    let terminator: UInt8

    init(_ input: Span<UInt8>, _ range: Range<Int>) {
        let end = min(range.upperBound, range.lowerBound + Self.probe)
        let hasLineFeed = input.firstIndex(of: ASCII.lineFeed, in: range.lowerBound..<end) != nil
        let hasReturn = !hasLineFeed && input.firstIndex(of: ASCII.carriageReturn, in: range.lowerBound..<end) != nil
        self.terminator = hasReturn ? ASCII.carriageReturn : ASCII.lineFeed
    }

    /// The line that begins at `start`: where its content ends, and where the next one begins (`limit` after the last).
    func line(_ input: Span<UInt8>, from start: Int, to limit: Int) -> (end: Int, next: Int) {
        let hit = input.firstIndex(of: self.terminator, in: start..<limit)
        var end = hit ?? limit
        while end > start, input[end - 1] == ASCII.carriageReturn { end -= 1 }
        return (end, hit.map { $0 + 1 } ?? limit)
    }
}
