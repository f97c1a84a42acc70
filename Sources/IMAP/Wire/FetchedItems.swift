/// What one FETCH response says (RFC 9051 §7.5.2).
struct FetchedItems: Equatable, Sendable {
    /// The mail's bytes, as far as this response is concerned.
    enum Body: Equatable, Sendable {
        /// No BODY[…] in the response.
        case absent
        /// `BODY[] NIL`, or nothing behind it.
        case null
        /// A quoted string.
        case inline([UInt8])
        /// Bytes that were handed out before.
        case streamed
    }
    /// One BODY[…] and what came of it.
    struct Section: Equatable, Sendable {
        var section: BodySection
        var body: Body
    }

    /// Nil where missing or 0: nothing can be done with the rest then.
    var uid: UInt32?
    var flags: [String]?
    var modSeq: UInt64?
    /// µs since 1970.
    var internalDate: Int64?
    var hasInternalDate = false
    var size: Int64?
    var hasSize = false
    /// Sections, in wire order.
    var sections: [Section] = []
    /// What few commands ask for, in wire order.
    var attributes: [FetchAttribute] = []
    /// True where something in it could not be read; the rest still counts.
    var isMalformed = false

    /// What came of `section`; the first answer counts, since a second one in the same response is a fault.
    func body(of section: BodySection) -> Body {
        self.sections.first { $0.section == section }?.body ?? .absent
    }
}
