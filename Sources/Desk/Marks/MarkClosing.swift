/// What one message's intent comes to when its batch has ended.
package struct MarkClosing: Hashable, Sendable {
    /// How it ended.
    package enum End: Hashable, Sendable {
        /// Written, as far as ``MarkClosing/hold`` does not say otherwise: agree on this state there.
        case confirmed(MarkState, Spot)
        /// The server refused to move it: agree on this state where it was.
        case refused(MarkState)
        /// Nothing was sent: the folder is not what it was.
        case dropped
        /// It is not known: the intent stays open until a complete synchronisation that begins from now on has looked.
        case open
    }

    /// Where the message is now.
    package enum Spot: Hashable, Sendable {
        /// Where it was.
        case source
        /// At this UID of the destination; the source is gone.
        case moved(uid: UInt32, uidValidity: UInt32)
        /// At this placement; of the source the server tells.
        case placement(Identifier<Placement>)
    }

    /// What the server does not take, for now.
    package struct Hold: Hashable, Sendable {
        /// The fields.
        package let fields: MarkFields
        /// What the server said, or what was seen.
        package let refusal: MarkRefusal

        /// Names fields and a reason.
        package init(_ fields: MarkFields, _ refusal: MarkRefusal) {
            self.fields = fields
            self.refusal = refusal
        }
    }

    /// The message.
    package let message: Identifier<Message>
    /// How it ended.
    package let end: End
    /// What is held from now on; nil: nothing.
    package let hold: Hold?
    /// What people should know of it; nil: nothing.
    package let note: String?

    /// Describes an ending.
    package init(message: Identifier<Message>, _ end: End, hold: Hold? = nil, note: String? = nil) {
        self.message = message
        self.end = end
        self.hold = hold
        self.note = note
    }
}

/// The rest of a move that was begun as a COPY: the copy is there, the source has to go.
package struct MarkRemoval: Hashable, Sendable {
    /// The message.
    package let message: Identifier<Message>
    /// What has to go.
    package let source: MarkPlacement
    /// Where the message lies from now on.
    package let copy: Identifier<Placement>
    /// What is agreed on once the source is gone.
    package let settledAfter: MarkState
    /// How far the intent has come.
    package let step: MarkIntent.Step

    /// Describes what is left of a move.
    package init(
        message: Identifier<Message>,
        source: MarkPlacement,
        copy: Identifier<Placement>,
        settledAfter: MarkState,
        step: MarkIntent.Step
    ) {
        self.message = message
        self.source = source
        self.copy = copy
        self.settledAfter = settledAfter
        self.step = step
    }
}
