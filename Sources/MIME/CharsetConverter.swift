import Glibc

/// One open conversion to UTF-8, kept while the same charset is asked for again.
///
/// Source: iconv(3). Every turn of its loop consumes input or empties the output, so it ends.
struct CharsetConverter: ~Copyable {
    /// `(size_t)-1`.
    private static let failure = Int(bitPattern: UInt.max)

    private var name = ""
    private var handle: iconv_t?

    init() {}

    deinit {
        if let handle = self.handle { iconv_close(handle) }
    }

    /// `input` as UTF-8, and how many bytes fitted nothing and became U+FFFD; nil when the C library lacks the charset.
    mutating func convert(_ input: [UInt8], from charset: Charset.StaticName) -> (output: [UInt8], faults: Int)? {
        guard let handle = self.open(charset.text) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(input.count + input.count / 2 + 16)
        var faults = 0
        var consumed = 0
        var stalled = 0
        var chunk = [UInt8](repeating: 0, count: 4_096)
        iconv(handle, nil, nil, nil, nil)
        while consumed <= input.count {
            let isFlush = consumed == input.count
            let result = Self.step(handle, input, from: consumed, into: &chunk)
            output.append(contentsOf: chunk[..<result.written])
            consumed += result.read
            stalled = result.read == 0 && result.written == 0 ? stalled + 1 : 0
            if isFlush && (result.error != E2BIG || stalled > 1) { break }
            switch result.error {
            case 0:
                continue
            case E2BIG where stalled < 2:
                continue
            case EINVAL:
                // A sequence begins here and the input ends within it.
                output.append(contentsOf: [UInt8].replacementCharacter)
                faults += 1
                consumed = input.count
            default:
                output.append(contentsOf: [UInt8].replacementCharacter)
                faults += 1
                consumed += 1
                stalled = 0
            }
        }
        return (output, faults)
    }

    /// One call of the converter: without input left it asks for what the converter still holds back (windows-1255
    /// does).
    private static func step(
        _ handle: iconv_t,
        _ input: [UInt8],
        from start: Int,
        into chunk: inout [UInt8]
    ) -> (read: Int, written: Int, error: Int32) {
        let capacity = chunk.count
        return input.withUnsafeBytes { source in
            chunk.withUnsafeMutableBytes { target in
                var targetPointer = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                var targetLeft = capacity
                errno = 0
                guard start < input.count, let base = source.baseAddress else {
                    let outcome = iconv(handle, nil, nil, &targetPointer, &targetLeft)
                    return (0, capacity - targetLeft, outcome == Self.failure ? errno : 0)
                }
                var sourcePointer: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
                    mutating: (base + start).assumingMemoryBound(to: CChar.self)
                )
                var sourceLeft = input.count - start
                let outcome = iconv(handle, &sourcePointer, &sourceLeft, &targetPointer, &targetLeft)
                let read = input.count - start - sourceLeft
                return (read, capacity - targetLeft, outcome == Self.failure ? errno : 0)
            }
        }
    }

    private mutating func open(_ name: String) -> iconv_t? {
        if name == self.name { return self.handle }
        if let handle = self.handle { iconv_close(handle) }
        self.name = name
        self.handle = nil
        guard let handle = iconv_open("UTF-8", name), Int(bitPattern: handle) != -1 else { return nil }
        self.handle = handle
        return handle
    }
}
