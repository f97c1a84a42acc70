import ArgumentParser
import Desk
import DeskStore
import Rendering

/// `baton database status`.
struct DatabaseStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the database, its schema and how much is in it.",
        discussion: "Exit status 0 when the schema is this program's, 1 when not."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var detail: DetailOptions

    func run() async throws {
        let status = try await self.database.withDatabase { database in
            try await database.unit { unit in try DatabaseStatusQueries.status(unit) }
        }
        switch self.detail.format {
        case .table: Output.write(Self.text(status))
        case .json: Output.line(Self.json(status).indented)
        }
        guard status.isCurrent else { throw Self.failure(status) }
    }

    private static func failure(_ status: DatabaseStatus) -> CommandFailure {
        if status.migrations.contains(where: { !$0.isKnown }) {
            return .refused("The schema is newer than this program", "Install the newer program")
        }
        return .refused("The schema is not this program's", "Run `baton database migrate`")
    }

    static func text(_ status: DatabaseStatus) -> String {
        var fields = [
            ("database", status.database), ("server", "PostgreSQL \(status.serverVersion)"),
            ("size", Self.size(status.size)),
        ]
        for step in status.migrations { fields.append(("schema \(step.version) \(step.name)", Self.state(of: step))) }
        if let contents = status.contents {
            fields += [
                ("mailboxes", String(contents.mailboxes)), ("agents", String(contents.agents)),
                ("queues", String(contents.queues)), ("tickets", String(contents.tickets)),
                ("messages", String(contents.messages)),
            ]
        }
        return FieldList.text(fields)
    }

    private static func state(of step: DatabaseStatus.Step) -> String {
        guard let appliedAt = step.appliedAt else { return "not applied: run `baton database migrate`" }
        let state = "applied \(ReadableTime.instant(appliedAt))"
        return step.isKnown ? state : state + ", by a newer program"
    }

    static func json(_ status: DatabaseStatus) -> JSONText {
        .object([
            .init(name: "database", value: .string(status.database)),
            .init(name: "server_version", value: .string(status.serverVersion)),
            .init(name: "size_bytes", value: .integer(status.size)),
            .init(name: "current", value: .bool(status.isCurrent)),
            .init(
                name: "migrations",
                value: .array(
                    status.migrations.map { step in
                        .object([
                            .init(name: "version", value: .integer(Int64(step.version))),
                            .init(name: "name", value: .string(step.name)),
                            .init(name: "applied_at", value: .optional(step.appliedAt?.iso8601)),
                            .init(name: "known", value: .bool(step.isKnown)),
                        ])
                    }
                )
            ),
            .init(name: "mailboxes", value: .optional(status.contents?.mailboxes)),
            .init(name: "agents", value: .optional(status.contents?.agents)),
            .init(name: "queues", value: .optional(status.contents?.queues)),
            .init(name: "tickets", value: .optional(status.contents?.tickets)),
            .init(name: "messages", value: .optional(status.contents?.messages)),
        ])
    }

    private static func size(_ bytes: Int64) -> String {
        let units: [(size: Int64, name: String)] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for unit in units where bytes >= unit.size { return "\(bytes / unit.size) \(unit.name)" }
        return "\(bytes) B"
    }
}
