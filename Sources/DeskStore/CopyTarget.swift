import Postgres

/// A table and the columns that COPY fills, in their order.
package struct CopyTarget: Hashable, Sendable {
    /// The table.
    package let table: String
    /// Its columns; the others get their defaults.
    package let columns: [String]
}

extension PostgresTransaction {
    /// Sends rows by COPY.
    func copyIn(_ target: CopyTarget, _ body: (inout PostgresCopyWriter) throws -> Void) throws {
        _ = try self.copyIn(table: target.table, columns: target.columns, body)
    }
}
