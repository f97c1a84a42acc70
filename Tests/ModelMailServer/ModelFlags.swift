/// The flags and keywords of one message, as a value of 32 bytes.
///
/// Keywords are numbers of a ``KeywordTable``, so sets of flags are compared and combined without looking at text.
package struct ModelFlags: SetAlgebra, Hashable, Sendable {
    /// One flag or keyword.
    package struct Element: Hashable, Sendable {
        /// 0 to 4 are the system flags, 8 and above are keywords.
        let bit: UInt8

        /// `\Answered`.
        package static let answered = Element(bit: 0)
        /// `\Flagged`.
        package static let flagged = Element(bit: 1)
        /// `\Deleted`.
        package static let deleted = Element(bit: 2)
        /// `\Seen`.
        package static let seen = Element(bit: 3)
        /// `\Draft`.
        package static let draft = Element(bit: 4)

        /// The keyword with this number.
        package static func keyword(_ number: Int) -> Element { Element(bit: UInt8(number + 8)) }

        /// The keyword's number; nil for a system flag.
        package var keyword: Int? { self.bit >= 8 ? Int(self.bit) - 8 : nil }
    }

    /// Keywords have the numbers 0 to 119.
    package static let maximumKeywords = 120

    private var bits: UInt128

    private init(bits: UInt128) { self.bits = bits }

    /// No flags.
    package init() { self.bits = 0 }

    /// All five system flags.
    package static let system: ModelFlags = [.answered, .flagged, .deleted, .seen, .draft]

    /// The keywords alone.
    package var keywords: ModelFlags { ModelFlags(bits: self.bits & ~UInt128(0xff)) }

    /// How many flags and keywords there are.
    package var count: Int { self.bits.nonzeroBitCount }

    package var isEmpty: Bool { self.bits == 0 }

    /// Each flag, system flags first, then keywords by number.
    package var elements: [Element] {
        var rest = self.bits
        var elements: [Element] = []
        while rest != 0 {
            elements.append(Element(bit: UInt8(rest.trailingZeroBitCount)))
            rest &= rest - 1
        }
        return elements
    }

    package func contains(_ member: Element) -> Bool { self.bits & (1 << UInt128(member.bit)) != 0 }

    @discardableResult
    package mutating func insert(_ new: Element) -> (inserted: Bool, memberAfterInsert: Element) {
        let isNew = !self.contains(new)
        self.bits |= 1 << UInt128(new.bit)
        return (isNew, new)
    }

    @discardableResult
    package mutating func remove(_ member: Element) -> Element? {
        guard self.contains(member) else { return nil }
        self.bits &= ~(1 << UInt128(member.bit))
        return member
    }

    @discardableResult
    package mutating func update(with new: Element) -> Element? { self.insert(new).inserted ? nil : new }

    package func union(_ other: ModelFlags) -> ModelFlags { ModelFlags(bits: self.bits | other.bits) }
    package func intersection(_ other: ModelFlags) -> ModelFlags { ModelFlags(bits: self.bits & other.bits) }
    package func symmetricDifference(_ other: ModelFlags) -> ModelFlags { ModelFlags(bits: self.bits ^ other.bits) }
    package func subtracting(_ other: ModelFlags) -> ModelFlags { ModelFlags(bits: self.bits & ~other.bits) }
    package mutating func formUnion(_ other: ModelFlags) { self.bits |= other.bits }
    package mutating func formIntersection(_ other: ModelFlags) { self.bits &= other.bits }
    package mutating func formSymmetricDifference(_ other: ModelFlags) { self.bits ^= other.bits }
    package mutating func subtract(_ other: ModelFlags) { self.bits &= ~other.bits }
}
