import Postgres

/// A statement with its binds, to be run alone or on its way with others.
struct BoundStatement {
    let sql: SQL
    let binds: [any PostgresEncodable]

    init(_ sql: SQL, _ binds: any PostgresEncodable...) {
        self.sql = sql
        self.binds = binds
    }
}

extension PostgresTransaction {
    /// Lets statements wait whose rows nobody reads.
    func queue(_ statements: [BoundStatement]) throws {
        for statement in statements { try self.queue(statement.sql, binds: statement.binds) }
    }

    /// Runs statements without waiting for an answer between them; the rows each changed.
    func executeAll(_ statements: [BoundStatement]) throws -> [Int] {
        guard statements.count > 1 else {
            return try statements.map { try self.query($0.sql, binds: $0.binds).affected }
        }
        return try self.pipeline { pipeline in
            for statement in statements { try pipeline.query(statement.sql, binds: statement.binds) }
        }.map(\.affected)
    }
}
