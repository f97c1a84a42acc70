/// Body text in the form it is stored: UTF-8 with LF line ends and without controls.
enum BodyText {
    /// Appends valid UTF-8 with CRLF, CR CR LF and CR made LF, U+0000 made U+FFFD, and C0 controls but tab, and DEL,
    /// removed.
    ///
    /// Runs of plain bytes are copied whole.
    static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        let source = bytes.span
        output.reserveCapacity(output.count + bytes.count)
        var runStart = 0
        var index = 0
        while index < source.count {
            let byte = source[index]
            if byte >= 0x20 && byte != 0x7F || byte == ASCII.lineFeed || byte == ASCII.tab {
                index += 1
                continue
            }
            output.append(source, runStart..<index)
            index += 1
            if byte == 0 {
                output.append(contentsOf: [UInt8].replacementCharacter)
            } else if byte == ASCII.carriageReturn {
                while index < source.count, source[index] == ASCII.carriageReturn { index += 1 }
                if index < source.count, source[index] == ASCII.lineFeed { index += 1 }
                output.append(ASCII.lineFeed)
            }
            runStart = index
        }
        output.append(source, runStart..<source.count)
    }

    /// Whether there is anything to read: more than white space and no-break spaces.
    static func isBlank(_ bytes: [UInt8]) -> Bool {
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0xC2, index + 1 < bytes.count, bytes[index + 1] == 0xA0 {
                index += 2
            } else if ASCII.isWhitespace(bytes[index]) {
                index += 1
            } else {
                return false
            }
        }
        return true
    }
}

/// Joins the lines that `format=flowed` broke for transport.
///
/// Source: RFC 3676 §4. Lines of different quote depth never join, nor does the signature separator. Depth is written
/// as `>` signs and one space.
enum FlowedText {
    static func unflow(_ bytes: [UInt8], deletesSpace: Bool, steps: inout Int) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        let source = bytes.span
        var position = 0
        var openDepth: Int?
        steps &+= 2 * bytes.count
        while position < source.count {
            let lineEnd = source.firstIndex(of: ASCII.lineFeed, in: position..<source.count)
            let end = lineEnd ?? source.count
            var start = position
            while start < end, source[start] == 0x3E { start += 1 }
            let depth = start - position
            if start < end, source[start] == ASCII.space { start += 1 }
            let isSeparator =
                end - start == 3 && source[start] == 0x2D && source[start + 1] == 0x2D && source[start + 2] == 0x20
            if let open = openDepth, open != depth || isSeparator {
                output.append(ASCII.lineFeed)
                openDepth = nil
            }
            if openDepth == nil, depth > 0 {
                output.append(source, position..<position + depth)
                if start < end { output.append(ASCII.space) }
            }
            let isFlowed = start < end && source[end - 1] == ASCII.space && !isSeparator
            output.append(source, start..<(isFlowed && deletesSpace ? end - 1 : end))
            if isFlowed, lineEnd != nil {
                openDepth = depth
            } else {
                openDepth = nil
                if lineEnd != nil { output.append(ASCII.lineFeed) }
            }
            position = end + 1
        }
        return output
    }
}
