/// What the demo reads of `baton ticket list --format json`.
struct DemoTicket: Decodable {
    let number: Int64
    let subject: String
    let owner: String?
    let createdAt: String
}

/// What the demo reads of `baton ticket show --format json`.
struct DemoTicketDetail: Decodable {
    struct Message: Decodable {
        let placements: [Placement]
    }

    struct Placement: Decodable {
        let folder: String
        let uid: UInt32
    }

    let owner: String?
    let messages: [Message]

    /// The UID of a copy in this folder.
    func uid(in folder: String) -> UInt32? {
        self.messages.lazy.flatMap(\.placements).first { $0.folder == folder }?.uid
    }
}
