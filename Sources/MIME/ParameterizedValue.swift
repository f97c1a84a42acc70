/// A value with parameters: `attachment; filename*0*=utf-8''…; filename*1=…`.
///
/// Source: RFC 2045 §5.1 and RFC 2231 §3–4, read with the mistakes that mail programs make: unquoted values with
/// blanks, RFC 2047 words in values, raw 8-bit bytes, gaps in numbered segments.
struct ParameterizedValue: Equatable {
    /// What stands before the first semicolon, comments removed.
    let value: [UInt8]
    let parameters: [ContentType.Parameter]

    private struct Segment {
        let index: Int
        let isEncoded: Bool
        let bytes: [UInt8]
    }

    private struct Entry {
        let name: String
        /// The value without RFC 2231 marks.
        var plain: [UInt8]?
        var segments: [Segment] = []
    }

    static func parse(_ bytes: [UInt8], context: inout ParseContext) -> Self {
        context.count(bytes.count)
        let valueEnd = bytes.firstIndex(of: 0x3B) ?? bytes.count
        let value = HeaderText.withoutComments(Array(bytes[..<valueEnd]))
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        var segmentCount = 0
        var index = valueEnd
        while index < bytes.count {
            index += 1
            guard let (name, raw) = self.readParameter(bytes, &index) else { continue }
            let marked = self.splitName(name)
            let place = places[marked.base] ?? entries.count
            if place == entries.count {
                guard entries.count < context.limits.parameters else {
                    context.note(.tooManyParameters)
                    break
                }
                entries.append(Entry(name: marked.base))
                places[marked.base] = place
            }
            guard let segment = marked.index else {
                if entries[place].plain == nil { entries[place].plain = raw }
                continue
            }
            guard segmentCount < context.limits.parameterSegments else {
                context.note(.tooManyParameters)
                continue
            }
            segmentCount += 1
            entries[place].segments.append(Segment(index: segment, isEncoded: marked.isEncoded, bytes: raw))
        }
        context.count(bytes.count)
        return Self(value: value, parameters: entries.map { self.resolve($0, context: &context) })
    }

    /// Reads `name=value` and leaves `index` at the semicolon after it, or at the end.
    private static func readParameter(_ bytes: [UInt8], _ index: inout Int) -> (name: String, value: [UInt8])? {
        let nameStart = index
        while index < bytes.count, bytes[index] != 0x3D, bytes[index] != 0x3B { index += 1 }
        let nameBytes = bytes[nameStart..<index]
        guard index < bytes.count, bytes[index] == 0x3D, nameBytes.count <= 200 else {
            while index < bytes.count, bytes[index] != 0x3B { index += 1 }
            return nil
        }
        let name = ASCII.token(nameBytes)
        index += 1
        while index < bytes.count, ASCII.isWhitespace(bytes[index]) { index += 1 }
        var value: [UInt8] = []
        let valueStart = index
        if index < bytes.count, bytes[index] == 0x22 {
            index += 1
            while index < bytes.count, bytes[index] != 0x22 {
                // Only a quote or another backslash is escaped in practice: Windows paths come with single backslashes.
                if bytes[index] == 0x5C, index + 1 < bytes.count, bytes[index + 1] == 0x22 || bytes[index + 1] == 0x5C {
                    index += 1
                }
                value.append(bytes[index])
                index += 1
            }
            if index < bytes.count {
                while index < bytes.count, bytes[index] != 0x3B { index += 1 }
                return (name, value)
            }
            // Never closed: the value ends at the next semicolon after all, without the quote.
            index = valueStart + 1
        }
        let start = index
        while index < bytes.count, bytes[index] != 0x3B { index += 1 }
        value = Array(bytes[start..<index])
        if !name.hasPrefix("name"), !name.hasPrefix("filename") { value = HeaderText.withoutComments(value) }
        while let last = value.last, ASCII.isWhitespace(last) { value.removeLast() }
        return (name, value)
    }

    /// `filename*1*` → base `filename`, index 1, encoded.
    ///
    /// A sole `*` counts as segment 0.
    private static func splitName(_ name: String) -> (base: String, index: Int?, isEncoded: Bool) {
        guard let star = name.firstIndex(of: "*") else { return (name, nil, false) }
        let base = String(name[..<star])
        var mark = name[name.index(after: star)...]
        if mark.isEmpty { return (base, 0, true) }
        let isEncoded = mark.last == "*"
        if isEncoded { mark = mark.dropLast() }
        guard mark.utf8.count <= 6, let index = Int(mark), index >= 0 else { return (base, 0, isEncoded) }
        return (base, index, isEncoded)
    }

    /// The segments in order, whatever the gaps, else the plain value.
    private static func resolve(_ entry: Entry, context: inout ParseContext) -> ContentType.Parameter {
        guard !entry.segments.isEmpty else {
            return ContentType.Parameter(name: entry.name, value: HeaderText.line(entry.plain ?? [], context: &context))
        }
        let segments = entry.segments.enumerated().sorted {
            ($0.element.index, $0.offset) < ($1.element.index, $1.offset)
        }
        var charset: String?
        var bytes: [UInt8] = []
        var previous = -1
        for (_, segment) in segments where segment.index != previous {
            var text = segment.bytes[...]
            if segment.isEncoded, previous == -1 {
                let marks = text.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false)
                if marks.count == 3 {
                    charset = ASCII.token(marks[0])
                    text = marks[2]
                }
            }
            previous = segment.index
            bytes.append(contentsOf: segment.isEncoded ? self.percentDecoded(text) : Array(text))
        }
        context.count(2 * bytes.count)
        guard let charset, !charset.isEmpty else {
            return ContentType.Parameter(name: entry.name, value: HeaderText.line(bytes, context: &context))
        }
        let decoded = HeaderText.clean(Charset.decode(bytes, name: charset, context: &context))
        return ContentType.Parameter(name: entry.name, value: String(decoding: decoded, as: UTF8.self))
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == 0x25, index + 2 < bytes.endIndex, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return output
    }
}
