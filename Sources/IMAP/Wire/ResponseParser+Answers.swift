extension ResponseParser {
    /// `2 5 6 (MODSEQ 9)`, in any order.
    mutating func search() -> Response {
        var answer = SearchAnswer(isExtended: false)
        var ranges: [ClosedRange<UInt32>] = []
        while true {
            self.cursor.skipSpaces()
            if let number = self.cursor.number32() {
                // Most servers sort, and then a run of numbers is one range.
                if let last = ranges.last, last.upperBound < number, last.upperBound + 1 == number {
                    ranges[ranges.count - 1] = last.lowerBound...number
                } else {
                    ranges.append(number...number)
                }
            } else if self.cursor.skip(Byte.openParenthesis) {
                if self.cursor.skipWord("MODSEQ") {
                    self.cursor.skipSpaces()
                    answer.highestModSeq = self.cursor.number().flatMap { $0 > 0 ? $0 : nil }
                }
                _ = self.cursor.skip(Byte.closeParenthesis)
            } else {
                break
            }
        }
        self.countSorting(of: ranges)
        answer.all = UIDSet(ranges: ranges)
        return .search(answer)
    }

    /// What it costs to put a set in order where the server did not.
    mutating func countSorting(of ranges: [ClosedRange<UInt32>]) {
        self.cursor.count(ranges.count * (Int.bitWidth - ranges.count.leadingZeroBitCount))
    }

    /// `(TAG "a1") UID ALL 1:3 COUNT 3`; results we do not know are skipped.
    mutating func extendedSearch() -> Response {
        var answer = SearchAnswer(isExtended: true)
        if self.cursor.next == Byte.openParenthesis {
            let correlator = self.cursor.list(limit: 8) ?? []
            if let index = correlator.firstIndex(where: { $0.uppercased() == "TAG" }), index + 1 < correlator.count {
                answer.tag = String(correlator[index + 1].prefix(64))
            }
        }
        while true {
            self.cursor.skipSpaces()
            guard !self.cursor.isAtLineEnd, let name = self.cursor.keyword() else { break }
            if name == "UID" {
                answer.saysUID = true
                continue
            }
            self.cursor.skipSpaces()
            if self.cursor.isAtLineEnd { break }
            let start = self.cursor.position
            self.result(name, &answer)
            if self.cursor.position == start { _ = self.cursor.skipValue() }
        }
        return .search(answer)
    }

    /// Reads the value of one result; leaves the cursor where it is if it is not known or no number.
    private mutating func result(_ name: String, _ answer: inout SearchAnswer) {
        switch name {
        case "ALL":
            guard let sequence = self.cursor.uidSequence() else { return }
            self.countSorting(of: sequence.ranges)
            answer.all = sequence.set
        case "MIN": answer.min = self.positive()
        case "MAX": answer.max = self.positive()
        case "COUNT": answer.count = self.cursor.number32()
        case "MODSEQ": answer.highestModSeq = self.cursor.number().flatMap { $0 > 0 ? $0 : nil }
        default: break
        }
    }

    private mutating func positive() -> UInt32? {
        self.cursor.number32().flatMap { $0 > 0 ? $0 : nil }
    }

    /// `"" (STORAGE 10 512)`; nil where there is no list.
    mutating func quota() -> Response? {
        guard let root = self.cursor.string(limit: self.limits.text) else { return nil }
        self.cursor.skipSpaces()
        guard self.cursor.skip(Byte.openParenthesis) else { return nil }
        var resources: [Quota.Resource] = []
        while true {
            self.cursor.skipSpaces()
            guard let name = self.cursor.keyword() else { break }
            let usage = self.quotaNumber()
            let limit = self.quotaNumber()
            if resources.count < self.limits.words {
                resources.append(.init(name: String(name.prefix(64)), usage: usage, limit: limit))
            }
        }
        return .quota(Quota(root: root, resources: resources))
    }

    private mutating func quotaNumber() -> UInt64? {
        self.cursor.skipSpaces()
        if let number = self.cursor.looseNumber() { return number }
        if self.cursor.next != Byte.closeParenthesis { _ = self.cursor.atom() }
        return nil
    }

    /// `INBOX "" "shared"`.
    mutating func quotaRoots() -> Response? {
        guard case .bytes(let folder) = self.cursor.text() else { return nil }
        var roots: [String] = []
        while true {
            self.cursor.skipSpaces()
            guard !self.cursor.isAtLineEnd, let root = self.cursor.string(limit: self.limits.text) else { break }
            if roots.count < self.limits.words { roots.append(root) }
        }
        return .quotaRoots(QuotaRoots(folder: FolderName(raw: folder), roots: roots))
    }
}
