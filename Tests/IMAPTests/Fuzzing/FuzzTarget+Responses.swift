#if !FUZZING
    @testable import IMAP
#endif

extension FuzzTarget {
    /// Small enough for chance to reach them.
    private static let limits = IMAPLimits(
        line: 600,
        setLine: 900,
        literal: 100,
        bodyLiteral: 300,
        response: 250,
        bodies: 3,
        nesting: 12,
        flags: 8,
        words: 8,
        text: 64
    )

    static func responseFault(_ bytes: [UInt8]) -> String? {
        let line = bytes + [13, 10]
        var steps = 0
        func read() -> Result<Response, ResponseParser.Violation> {
            var parser = ResponseParser(line, limits: self.limits)
            defer { steps = parser.cursor.steps }
            do {
                return .success(try parser.parse())
            } catch {
                return .failure(error)
            }
        }
        let first = read()
        guard first == read() else { return "read another way the second time" }
        if case .success(let response) = first, let fault = self.fault(in: response) { return fault }
        return self.costFault(steps: steps, bytes: line.count)
    }

    /// What no response may hold, whatever the server sent.
    private static func fault(in response: Response) -> String? {
        switch response {
        case .fetch(let items):
            if items.uid == 0 || items.modSeq == 0 { return "a number that must not be 0" }
            if items.flags?.count ?? 0 > self.limits.flags { return "too many flags" }
            if items.sections.count > self.limits.bodies { return "too many sections" }
        case .expunge(let number):
            if number == 0 { return "mail number 0" }
        case .vanished(let set, _):
            if !self.isNormal(set) { return "a set that is not normal" }
        case .search(let answer):
            if let all = answer.all, !self.isNormal(all) { return "a set that is not normal" }
        case .capability(let words), .enabled(let words), .flags(let words):
            if words.count > self.limits.words { return "too many words" }
        case .condition(_, let text), .tagged(_, _, let text), .bye(let text), .preauthenticated(let text),
            .continuation(let text):
            if text.text.utf8.count > self.limits.text * 3 { return "too long a text" }
        case .exists, .recent, .list, .subscribed, .status, .quota, .quotaRoots, .namespace, .identity, .ignored,
            .unreadable:
            break
        }
        return nil
    }

    private static func isNormal(_ set: UIDSet) -> Bool {
        var last: UInt64 = 0
        for (number, range) in set.ranges.enumerated() {
            if range.lowerBound == 0 || number > 0 && UInt64(range.lowerBound) <= last + 1 { return false }
            last = UInt64(range.upperBound)
        }
        return true
    }

    // MARK: - Streams

    /// What a stream amounts to, with the bytes of a mail joined, so that where it was cut cannot show.
    private struct Reading: Equatable {
        var responses: [Response] = []
        var mails: [[UInt8]] = []
        var sections: [BodySection] = []
        var failure: ResponseFramer.Failure?
    }

    private static func reading(_ bytes: [UInt8], cut: (Int) -> Int) -> (Reading, steps: Int) {
        var framer = ResponseFramer(limits: self.limits)
        var reading = Reading()
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + max(1, cut(offset)))
            let piece = Array(bytes[offset..<end])
            offset = end
            var taken = 0
            do {
                var isStarved = false
                while !isStarved {
                    let start = taken
                    switch try framer.next(piece.span, taken: &taken) {
                    case .starved: isStarved = true
                    case .response(let response): reading.responses.append(response)
                    case .bodyBegan(_, _, let section):
                        reading.sections.append(section)
                        reading.mails.append([])
                    case .body(let length): reading.mails[reading.mails.count - 1] += piece[(taken - length)..<taken]
                    case .bodyEnded: break
                    }
                    if taken < start || taken > piece.count { reading.failure = .violation("took more than there is") }
                }
            } catch {
                reading.failure = error
                break
            }
        }
        return (reading, framer.steps)
    }

    static func framerFault(_ bytes: [UInt8]) -> String? {
        let (whole, steps) = self.reading(bytes) { _ in bytes.count }
        if let fault = self.costFault(steps: steps, bytes: bytes.count) { return fault }
        let (single, singleSteps) = self.reading(bytes) { _ in 1 }
        if let fault = self.costFault(steps: singleSteps, bytes: bytes.count) { return "byte by byte " + fault }
        guard single == whole else { return "read another way byte by byte" }
        // The bytes say themselves where they are cut.
        let (cut, _) = self.reading(bytes) { Int(bytes[$0] & 31) }
        guard cut == whole else { return "read another way in pieces" }
        for response in whole.responses {
            if let fault = self.fault(in: response) { return fault }
        }
        return nil
    }
}
