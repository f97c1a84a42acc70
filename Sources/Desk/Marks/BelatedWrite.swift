/// What a former holder of the lease was about to write, as far as looking told: not all of it was.
///
/// It may only have been paused between its look at the lease and its command, which then gets out late, once. What shows its marks, where
/// it was to write them, is that command and no gesture; whatever else changed is one.
package struct BelatedWrite: Hashable, Sendable {
    /// Where it was to move the message, where ``fields`` say so.
    package let place: Place
    /// Flags and keywords that it was to add.
    package let adds: MarkFlags
    /// Flags and keywords that it was to remove.
    package let removes: MarkFlags
    /// The fields in which it may still come.
    package let fields: MarkFields

    /// How long after an intent its command is still waited for, in seconds.
    ///
    /// Servers log out who is silent for half an hour or a little more (RFC 9051 §5.4 allows no less): what is sent later meets no connection.
    package static let window: Int64 = 3600

    /// Puts the values together.
    package init(place: Place, adds: MarkFlags = MarkFlags(), removes: MarkFlags = MarkFlags(), fields: MarkFields) {
        self.place = place
        self.adds = adds
        self.removes = removes
        self.fields = fields
    }

    /// What would be seen without it of a message that was `before`: the rest is what others did.
    func undone(in seen: MarkState, since before: MarkState) -> MarkState {
        func undone(_ now: Bool, _ then: Bool, _ flag: KeyPath<MarkFlags, Bool>) -> Bool {
            (now ? self.adds : self.removes)[keyPath: flag] ? then : now
        }
        var state = seen
        if seen.place == self.place { state.place = before.place }
        // STORE adds and removes keywords one by one, beside those that others do.
        state.owners.subtract(self.adds.owners.subtracting(before.owners))
        state.owners.formUnion(self.removes.owners.intersection(before.owners))
        state.isPending = undone(seen.isPending, before.isPending, \.isPending)
        state.isFlagged = undone(seen.isFlagged, before.isFlagged, \.isFlagged)
        state.isAnswered = undone(seen.isAnswered, before.isAnswered, \.isAnswered)
        return seen.taking(self.fields, from: state)
    }
}
