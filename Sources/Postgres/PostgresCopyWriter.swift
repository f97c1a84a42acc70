import CPostgres

/// Rows on their way into a table, in PostgreSQL's binary COPY format.
package struct PostgresCopyWriter {
    private static let chunk = 1 << 16
    private static let largestKeptBuffer = 1 << 20
    /// The signature, then no flags and no header extension.
    private static let header: [UInt8] = [
        0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    private let session: Session
    private let columnCount: Int
    private var bytes = Self.header
    /// The server has ended the COPY with an error, which was read.
    private var isOver = false

    fileprivate init(session: Session, columnCount: Int) {
        self.session = session
        self.columnCount = columnCount
    }

    /// Adds one row; no value is boxed or kept.
    ///
    /// - Throws: `misuse` when there are more or fewer values than columns, `encoding`, `connectionLost`, `cancelled`.
    package mutating func write<each Value: PostgresEncodable>(_ values: repeat each Value) throws(PostgresError) {
        var count = 0
        for _ in repeat (each Value).self { count += 1 }
        try self.startRow(count)
        for value in repeat each values { try self.append(value) }
        try self.sendChunk()
    }

    /// Adds one row of values that are only known at run time.
    ///
    /// - Throws: As the other `write`.
    package mutating func write(_ values: [any PostgresEncodable]) throws(PostgresError) {
        try self.startRow(values.count)
        for value in values { try self.append(value) }
        try self.sendChunk()
    }

    private mutating func startRow(_ count: Int) throws(PostgresError) {
        guard count == self.columnCount else {
            throw PostgresError(reason: .misuse("\(count) values for \(self.columnCount) columns"), statement: "copy")
        }
        self.bytes.append(bigEndian: Int16(truncatingIfNeeded: count))
    }

    private mutating func append(_ value: some PostgresEncodable) throws(PostgresError) {
        guard !value.isPostgresNull else { return self.bytes.append(bigEndian: Int32(-1)) }
        self.bytes.append(bigEndian: Int32(0))
        let start = self.bytes.count
        value.encode(into: &self.bytes)
        guard self.bytes.count - start < 1 << 30, let length = Int32(exactly: self.bytes.count - start) else {
            throw PostgresError(reason: .encoding("a value of 1 GiB or more"), statement: "copy")
        }
        self.bytes.replace(at: start - 4, bigEndian: length)
    }

    private mutating func sendChunk() throws(PostgresError) {
        guard self.bytes.count >= Self.chunk else { return }
        try self.session.checkCancelled(during: "copy")
        try self.send()
    }

    private mutating func send() throws(PostgresError) {
        let isSent = unsafe self.bytes.withUnsafeBytes { bytes in
            unsafe PQputCopyData(
                self.session.pointer,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(truncatingIfNeeded: bytes.count)
            )
        }
        guard isSent == 1 else {
            // The server said no while rows were still being sent.
            self.isOver = true
            _ = try self.result()
            throw self.session.noted(self.session.connectionFailure(statement: "copy"))
        }
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= Self.largestKeptBuffer)
    }
}

extension PostgresCopyWriter {
    /// Runs a whole COPY and leaves the connection ready for the next statement, unless it broke.
    static func run(
        on session: Session,
        table: String,
        columns: [String],
        _ body: (inout PostgresCopyWriter) throws -> Void
    ) throws -> Int {
        let target = table.split(separator: ".").map { quoted(String($0)) }.joined(separator: ".")
        let list = columns.map(quoted).joined(separator: ", ")
        try session.run(
            unprepared: "COPY \(target) (\(list)) FROM STDIN (FORMAT binary)",
            name: "copy",
            expecting: [PGRES_COPY_IN]
        )
        session.isStreaming = true
        defer { session.isStreaming = false }
        var writer = PostgresCopyWriter(session: session, columnCount: columns.count)
        do {
            try body(&writer)
            writer.bytes.append(bigEndian: Int16(-1))
            try writer.send()
        } catch {
            // What comes of giving up is an error too; the body's is the one to tell.
            if !writer.isOver { _ = try? writer.end(because: "the client gave up") }
            throw error
        }
        return try writer.end(because: nil).affected
    }

    /// Ends the COPY, as failed where there is a problem.
    private func end(because problem: String?) throws(PostgresError) -> PostgresRows {
        guard !self.session.isBroken else {
            throw self.session.noted(self.session.connectionFailure(statement: "copy"))
        }
        // Where this fails the server has ended the COPY already, and the result says why.
        let isSent = unsafe PQputCopyEnd(self.session.pointer, problem) == 1
        let rows = try self.result()
        guard isSent else { throw self.session.noted(self.session.connectionFailure(statement: "copy")) }
        return rows
    }

    /// Reads how the COPY ended.
    private func result() throws(PostgresError) -> PostgresRows {
        let first = unsafe PQgetResult(self.session.pointer)
        while let extra = unsafe first == nil ? nil : PQgetResult(self.session.pointer) { unsafe PQclear(extra) }
        return PostgresRows(
            try unsafe self.session.checked(first, statement: "copy", expecting: [PGRES_COMMAND_OK])
        )
    }
}
