/// What to do about the marks of one message now.
///
/// After ``settle(_:)``, ``gesture(_:settledAfter:overrides:)``, ``overridden(_:settledAfter:)`` and
/// ``closeIntent(_:)`` the caller stores what they say and asks again.
package enum MarkDecision: Hashable, Sendable {
    /// Nothing: settled, observed and desired are equal.
    case inStep
    /// Agree on what is there.
    case settle(Settled)
    /// Record an intent and write.
    case write(MarkWrite)
    /// Somebody changed it: carry out ``Gesture/outcome(_:)`` and settle, in one transaction. `overrides`: Baton wanted
    /// something else there, which no person had asked for in time; the history says so.
    case gesture(Gesture, settledAfter: Settled, overrides: Bool)
    /// Somebody changed it, after a person had commanded something else: record `overridden`, settle.
    case overridden(Gesture, settledAfter: Settled)
    /// The open intent is understood: close it (which draws a number) and settle so; nil: nothing was ever settled. `missing`: which of its
    /// commands were not carried out, from there on.
    case closeIntent(Settled?, missing: BelatedWrite.Command?)
    /// A move that was begun as a COPY is half done: finish it (``MarkWriteStateMachine/init(removing:uidValidity:abilities:)``).
    case removeSource(MarkRemoval)
    /// It cannot be decided yet.
    case wait(WaitReason)
    /// What differs is held.
    case held(MarkFields)
    /// It has no marks, or marks do not reach it.
    case outOfReach
}

/// Why a message has to be looked at again later.
package enum WaitReason: Hashable, Sendable {
    /// Its intent is at work.
    case openIntent
    /// What is known of it is older than our last write.
    case staleObservation
    /// Only the mark writer knows the placement so far.
    case notObservedYet
    /// A complete synchronisation has to begin after this number first.
    case completeSync(after: Int64)
    /// It lies in no folder that shows marks, and All, where archived mail lies, cannot be opened.
    case archiveUnseen
    /// It stays in INBOX for a while.
    case linger(until: Timestamp)
}

/// One change of marks on the server.
package struct MarkWrite: Hashable, Sendable {
    /// The message.
    package let message: Identifier<Message>
    /// The placement to change.
    package let source: MarkPlacement
    /// What the message shall show afterwards.
    package let target: MarkState
    /// What of it changes.
    package let fields: MarkFields
    /// What is agreed on once the write is confirmed, on the placement it led to.
    package let settledAfter: MarkState
    /// Where it goes; nil: it stays.
    package let moveTo: Place?
    /// Flags and keywords to add, ascending.
    package let add: [Mark]
    /// Flags and keywords to remove, ascending.
    package let remove: [Mark]

    init(
        message: Identifier<Message>,
        source: MarkPlacement,
        observed: MarkState,
        target: MarkState,
        settledAfter: MarkState
    ) {
        self.message = message
        self.source = source
        self.target = target
        self.fields = target.differences(from: observed)
        self.settledAfter = settledAfter
        self.moveTo = target.place == observed.place ? nil : target.place
        self.add = target.marks.subtracting(observed.marks).sorted()
        self.remove = observed.marks.subtracting(target.marks).sorted()
    }
}
