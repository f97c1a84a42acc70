import Desk

/// A timestamp or none in eight bytes: lists have one for each mail of a mailbox, and an optional would take sixteen.
struct PackedTimestamp: Hashable, Sendable {
    private let microseconds: Int64

    init(_ timestamp: Timestamp?) {
        self.microseconds = timestamp?.microseconds ?? .min
    }

    var timestamp: Timestamp? {
        self.microseconds == .min ? nil : Timestamp(microseconds: self.microseconds)
    }
}
