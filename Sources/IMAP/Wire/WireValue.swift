/// A value of the grammar whose meaning depends on its place: what ENVELOPE and BODYSTRUCTURE are made of.
///
/// Built without recursion and no deeper than the cursor's limit, so that what walks it may recurse.
enum WireValue: Equatable {
    case null
    case text([UInt8])
    case list([WireValue])

    /// The text, repaired where it is no UTF-8; nil for NIL and lists.
    var string: String? {
        if case .text(let bytes) = self { return String(decoding: bytes, as: UTF8.self) }
        return nil
    }

    /// The values of a list; nil for all else.
    var values: [WireValue]? {
        if case .list(let values) = self { return values }
        return nil
    }

    /// The number a text is; negative ones and other nonsense are nil.
    var number: UInt64? {
        if case .text(let bytes) = self { return LooseNumber.parse(bytes[...]) }
        return nil
    }
}

extension Cursor {
    /// One value of any kind.
    ///
    /// Lists below the limit of nesting become ``WireValue/null`` and are noted in ``isTooDeep``. Nil where the response
    /// ends inside the value; the position is then the end.
    mutating func value() -> WireValue? {
        var open: [[WireValue]] = []
        repeat {
            var complete: WireValue
            switch self.next {
            case nil:
                return nil
            case Byte.openParenthesis:
                guard open.count >= self.nestingLimit else {
                    open.append([])
                    self.skipAny()
                    continue
                }
                self.isTooDeep = true
                guard self.skipValue() else { return nil }
                complete = .null
            case Byte.closeParenthesis:
                guard let values = open.popLast() else { return nil }
                self.skipAny()
                complete = .list(values)
            case Byte.space where !open.isEmpty:
                self.skipAny()
                continue
            default:
                guard let scalar = self.scalar() else { return nil }
                complete = scalar
            }
            guard !open.isEmpty else { return complete }
            open[open.count - 1].append(complete)
        } while true
    }

    private mutating func scalar() -> WireValue? {
        let start = self.position
        switch self.text() {
        case .null: return .null
        case .bytes(let bytes): return .text(bytes)
        case .streamed: return .null
        case nil:
            guard self.skipValue(), self.position > start else { return nil }
            return .null
        }
    }
}
