import CPostgres

/// Asks the private PostgreSQL from outside.
enum Database {
    /// The columns of the one row that a query gives.
    static func numbers(_ uri: String, _ query: String) throws -> [Int] {
        guard let connection = PQconnectdb(uri), PQstatus(connection) == CONNECTION_OK else {
            throw BenchmarkError("cannot reach the private PostgreSQL")
        }
        defer { PQfinish(connection) }
        let result = PQexec(connection, query)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK, PQntuples(result) == 1 else {
            throw BenchmarkError("the database refuses: \(String(cString: PQerrorMessage(connection)))")
        }
        return try (0..<PQnfields(result)).map { column in
            guard let text = PQgetvalue(result, 0, column), let number = Int(String(cString: text)) else {
                throw BenchmarkError("the database does not give a number")
            }
            return number
        }
    }
}
