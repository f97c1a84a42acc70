import Foundation
package import LocalServers

/// What the program's stable views say: `ticket_v`, `message_v`, `placement_v`, `event_v` and `turn_v`.
package struct LedgerPicture: Sendable, Equatable, Decodable {
    /// A row of `ticket_v`.
    package struct Ticket: Sendable, Equatable, Decodable {
        package let number: Int
        package let owner: String?
        package let status: String
        package let priority: String
        package let subject: String
        package let version: Int
    }

    /// A row of `message_v`.
    package struct Message: Sendable, Equatable, Decodable {
        package let digest: String
        package let ticket: Int?
        package let direction: String
        package let fate: String
        package let subject: String
    }

    /// A row of `placement_v`.
    package struct Placement: Sendable, Equatable, Decodable {
        package let folder: String
        package let uidvalidity: UInt32
        package let uid: UInt32
        package let digest: String?
        package let fate: String
        package let flags: [String]
        package let gone: Bool
    }

    /// A row of `event_v`.
    package struct Event: Sendable, Equatable, Decodable {
        package let ticket: Int
        package let seq: Int
        package let kind: String
        package let origin: String
        package let agent: String?
    }

    /// A row of `turn_v`.
    package struct Turn: Sendable, Equatable, Decodable {
        package let ticket: Int
        package let ordinal: Int
        package let outcome: String
        package let responder: String?
    }

    package let tickets: [Ticket]
    package let messages: [Message]
    package let placements: [Placement]
    package let events: [Event]
    package let turns: [Turn]
    /// A digest of every column of every row of the five views.
    package let fingerprint: String

    /// Reads what the views say of one mailbox, with psql.
    package static func read(
        _ postgres: PrivatePostgres,
        database: String,
        mailbox: String = "support"
    ) async throws -> LedgerPicture {
        let text = try await postgres.ask(Self.question.replacing("$1", with: "'\(mailbox)'"), database: database)
        return try JSONDecoder().decode(LedgerPicture.self, from: Data(text.utf8))
    }

    private static let question: String = {
        let columns = [
            "tickets": ("ticket_v", "number, owner, status, priority, subject, version", "number"),
            "messages": ("message_v", "digest, ticket, direction, fate, subject", "digest"),
            "placements": (
                "placement_v",
                "folder, uidvalidity, uid, digest, fate, flags, gone_at IS NOT NULL AS gone",
                "folder, uidvalidity, uid"
            ),
            "events": ("event_v", "ticket, seq, kind, origin, agent", "ticket, seq"),
            "turns": ("turn_v", "ticket, ordinal, outcome, responder", "ticket, ordinal"),
        ]
        let parts = columns.sorted { $0.key < $1.key }.map { name, view in
            """
            '\(name)', (SELECT COALESCE(json_agg(r), '[]')
                        FROM (SELECT \(view.1) FROM \(view.0) WHERE mailbox = $1 ORDER BY \(view.2)) r)
            """
        }
        let rows = columns.values.map {
            "(SELECT string_agg(v::text, ',' ORDER BY v::text) FROM \($0.0) v WHERE mailbox = $1)"
        }.sorted()
        let fingerprint = "'fingerprint', md5(concat_ws(';', \(rows.joined(separator: ", "))))"
        return "SELECT json_build_object(\((parts + [fingerprint]).joined(separator: ", ")))"
    }()
}
