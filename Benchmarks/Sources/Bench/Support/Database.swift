import CPostgres

/// Asks the private PostgreSQL from outside, over one connection.
final class Database {
    private let connection: OpaquePointer

    init(_ uri: String) throws {
        guard let connection = PQconnectdb(uri), PQstatus(connection) == CONNECTION_OK else {
            throw BenchmarkError("cannot reach the private PostgreSQL")
        }
        self.connection = connection
    }

    deinit {
        PQfinish(self.connection)
    }

    /// The columns of the one row that a query gives.
    func numbers(_ query: String) throws -> [Int] {
        guard let row = try self.rows(query).first else { throw BenchmarkError("the database has no row") }
        return try row.map { text in
            guard let number = Int(text) else { throw BenchmarkError("the database does not give a number") }
            return number
        }
    }

    /// All rows as text; NULL is empty.
    @discardableResult
    func rows(_ query: String) throws -> [[String]] {
        let result = PQexec(self.connection, query)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw BenchmarkError("the database refuses: \(String(cString: PQerrorMessage(self.connection)))")
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetvalue(result, row, column).map { String(cString: $0) } ?? ""
            }
        }
    }
}
