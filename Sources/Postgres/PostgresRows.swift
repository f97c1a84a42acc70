import CPostgres

/// The result of one statement, owning libpq's memory until the last row that came from it is gone.
@safe
final class ResultHandle {
    /// libpq's result.
    let pointer: OpaquePointer
    let statement: String?

    init(_ pointer: OpaquePointer, statement: String?) {
        unsafe self.pointer = pointer
        self.statement = statement
    }

    deinit {
        unsafe PQclear(self.pointer)
    }

    var status: ExecStatusType { unsafe PQresultStatus(self.pointer) }

    /// One field of an error report, `nil` where it has none.
    func errorField(_ code: Character) -> String? {
        guard let ascii = code.asciiValue, let text = unsafe PQresultErrorField(self.pointer, Int32(ascii)) else {
            return nil
        }
        return unsafe String(cString: text)
    }
}

/// What a statement gave: its rows, and how many rows it changed.
///
/// A collection of ``PostgresRow``; it is not Sendable, so decode what you need inside the closure.
package struct PostgresRows: RandomAccessCollection {
    private let result: ResultHandle
    /// How many rows there are to read.
    package let count: Int
    private let columnCount: Int

    init(_ result: ResultHandle) {
        self.result = result
        self.count = unsafe Int(PQntuples(result.pointer))
        self.columnCount = unsafe Int(PQnfields(result.pointer))
    }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE, COPY or SELECT touched; 0 for other commands.
    package var affected: Int {
        guard let text = unsafe PQcmdTuples(self.result.pointer) else { return 0 }
        return Int(unsafe String(cString: text)) ?? 0
    }

    /// Always 0.
    package var startIndex: Int { 0 }
    /// The number of rows.
    package var endIndex: Int { self.count }

    /// The row at an index, which is a view into the result: no copy is made.
    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < self.count, "row \(position) of \(self.count)")
        return PostgresRow(result: self.result, index: Int32(position), columnCount: self.columnCount)
    }
}

/// One row of a result.
package struct PostgresRow {
    private let result: ResultHandle
    private let index: Int32
    /// How many columns it has.
    package let columnCount: Int

    init(result: ResultHandle, index: Int32, columnCount: Int) {
        self.result = result
        self.index = index
        self.columnCount = columnCount
    }

    /// Reads one column, counted from 0.
    ///
    /// - Throws: `decoding` when there is no such column, its type is another, or it is NULL and the wanted type no optional.
    package func decode<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard column >= 0, column < self.columnCount else {
            throw PostgresError(
                reason: .decoding("no column \(column) of \(self.columnCount)"),
                statement: self.result.statement
            )
        }
        do {
            return try self.value(Int32(column))
        } catch {
            throw self.naming(column, error)
        }
    }

    /// Reads all columns in order: `row.decode((Int64, String, Int?).self)`.
    ///
    /// - Throws: `decoding`, as ``decode(_:as:)``, and when the row has another number of columns than the tuple.
    package func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type = (repeat each Value).self
    ) throws(PostgresError) -> (repeat each Value) {
        var wanted = 0
        for _ in repeat (each Value).self { wanted += 1 }
        guard wanted == self.columnCount else {
            throw PostgresError(
                reason: .decoding("\(self.columnCount) columns where \(wanted) were expected"),
                statement: self.result.statement
            )
        }
        var columns = ColumnReader(row: self)
        return (repeat try columns.next((each Value).self))
    }

    private func value<Value: PostgresDecodable>(_ column: Int32) throws(PostgresError) -> Value {
        let result = unsafe self.result.pointer
        guard unsafe PQgetisnull(result, self.index, column) == 0 else { return try Value.decodePostgresNull() }
        let length = unsafe Int(PQgetlength(result, self.index, column))
        let type = unsafe PostgresType(rawValue: PQftype(result, column))
        guard unsafe PQfformat(result, column) == 1, let start = unsafe PQgetvalue(result, self.index, column) else {
            throw PostgresError(reason: .decoding("a result that is not binary"))
        }
        // The bytes belong to the result, which `self` keeps alive during the call.
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: length).assumingMemoryBound(to: UInt8.self)
        return try unsafe Value.decode(postgres: buffer.span, type: type)
    }

    private func naming(_ column: Int, _ error: PostgresError) -> PostgresError {
        guard case .decoding(let problem) = error.reason else { return error }
        let name = unsafe PQfname(self.result.pointer, Int32(column)).map { unsafe String(cString: $0) } ?? "?"
        return PostgresError(
            reason: .decoding("column \(column) (\(name)): \(problem)"),
            statement: self.result.statement
        )
    }

    private struct ColumnReader {
        let row: PostgresRow
        var column = 0

        mutating func next<Value: PostgresDecodable>(_ type: Value.Type) throws(PostgresError) -> Value {
            defer { self.column += 1 }
            return try self.row.decode(self.column, as: type)
        }
    }
}
