import Desk

/// Short names for what nearly every test needs.
enum Sample {
    static let ann: Agent.ID = Identifier(1)
    static let bob: Agent.ID = Identifier(2)
    static let cat: Agent.ID = Identifier(3)  // disabled
    static let queue: Identifier<Queue> = Identifier(7)
    static let number: Ticket.ID = Identifier(100)
    static let message: Identifier<Message> = Identifier(500)

    static let agents: [Agent.ID: Agent] = {
        var agents: [Agent.ID: Agent] = [:]
        for (id, handle, isActive) in [
            (Sample.ann, "ann", true), (Sample.bob, "bob", true), (Sample.cat, "cat", false),
        ] {
            guard let handle = try? Handle(handle) else { continue }  // a wrong literal shows as a missing agent
            agents[id] = Agent(id: id, handle: handle, name: handle.text, isActive: isActive)
        }
        return agents
    }()

    static let active: Set<Agent.ID> = [Self.ann, Self.bob]
    static let actor = Actor(name: "ann", origin: .cli)

    /// So many minutes after nine in the morning of a fixed day.
    static func at(_ minutes: Int) -> Timestamp {
        Timestamp(microseconds: 1_767_258_000_000_000).advanced(by: .seconds(minutes * 60))
    }

    static func contact(_ minutes: Int, message: Int64 = 400) -> ContactMessage {
        ContactMessage(receivedAt: self.at(minutes), message: Identifier(message))
    }

    static func ticket(
        _ status: TicketStatus = .open,
        owner: Agent.ID? = nil,
        priority: Priority = .normal,
        lastContact: ContactMessage? = nil,
        seen: ContactMessage? = nil,
        before: TicketStatus? = nil
    ) -> Ticket {
        Ticket(
            number: self.number,
            queue: self.queue,
            owner: owner,
            status: status,
            priority: priority,
            version: 3,
            statusChangedAt: self.at(0),
            lastContact: lastContact,
            seen: seen,
            statusBeforeDeletion: before
        )
    }

    static let ours = OurIdentity(
        mailboxKeys: ["support@us.example"],
        agentKeys: ["ann@us.example": Self.ann, "bob@us.example": Self.bob],
        names: [(name: "Ann Arbor", agent: Self.ann), (name: "Bob Marsh", agent: Self.bob)]
    )

    static func party(_ key: String, _ name: String = "") -> Party { Party(key: key, name: name) }

    static func digest(_ number: UInt8) -> IDDigest {
        guard let digest = IDDigest(Array(repeating: number, count: 32)) else { preconditionFailure("32 bytes") }
        return digest
    }
}

/// A reproducible source of random numbers.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    }

    // SplitMix64: one addition and three mixing steps.
    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { self.below(100) < percent }
}
