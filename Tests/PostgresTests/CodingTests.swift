import Postgres
import Testing

/// A value, what the server makes of it, and whether it comes back as it went.
struct RoundTrip: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String?
    let run: @Sendable (PostgresTransaction) throws -> (isSame: Bool, text: String?)

    init<Value: PostgresEncodable & PostgresDecodable & Equatable>(_ value: Value, _ text: String?) {
        self.testDescription = "\(Value.self) \(text ?? "NULL")".prefix(60).description
        self.text = text
        self.run = { transaction in
            let rows = try transaction.query(SQL(name: "echo", text: "SELECT $1, $1::text"), value)
            let (back, text) = try rows[0].decode((Value, String?).self)
            return (back == value, text)
        }
    }
}

/// An instant as another module would have it.
struct Instant: PostgresTimestampRepresentable, Equatable {
    let postgresMicroseconds: Int64
    init(postgresMicroseconds: Int64) { self.postgresMicroseconds = postgresMicroseconds }
}

enum Colour: String, PostgresEncodable, PostgresDecodable, PostgresArrayElement { case red, green }

/// A number with a meaning, as another module would have it.
struct Wrapped: PostgresEncodable, PostgresDecodable, PostgresArrayElement, Equatable {
    let number: Int64
    static var postgresType: PostgresType { .int8 }
    static var postgresArrayType: PostgresType { .int8Array }
    func encode(into bytes: inout [UInt8]) { self.number.encode(into: &bytes) }
    static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Wrapped {
        Wrapped(number: try Int64.decode(postgres: bytes, type: type))
    }
}

private let scalars: [RoundTrip] = [
    RoundTrip(true, "true"), RoundTrip(false, "false"),
    RoundTrip(Int16.min, "-32768"), RoundTrip(Int32.max, "2147483647"), RoundTrip(Int32(-2), "-2"),
    RoundTrip(Int64.min, "-9223372036854775808"), RoundTrip(Int.max, "9223372036854775807"), RoundTrip(0, "0"),
    RoundTrip(1.5, "1.5"), RoundTrip(-Double.infinity, "-Infinity"), RoundTrip(Double.leastNonzeroMagnitude, "5e-324"),
    RoundTrip("", ""), RoundTrip("grüße 😀", "grüße 😀"), RoundTrip("'; --", "'; --"),
    RoundTrip([] as [UInt8], #"\x"#), RoundTrip([0, 1, 0xFF] as [UInt8], #"\x0001ff"#),
    RoundTrip(Colour.green, "green"), RoundTrip(Wrapped(number: 7), "7"),
    RoundTrip(Int?.none, nil), RoundTrip(String?.none, nil), RoundTrip([UInt8]?.none, nil), RoundTrip(Bool?.none, nil),
    RoundTrip(Int16?.some(3), "3"), RoundTrip([Int]?.none, nil), RoundTrip([UInt8]?.some([9]), #"\x09"#),
]

private let instants: [RoundTrip] = [
    RoundTrip(Instant(postgresMicroseconds: 0), "1970-01-01 00:00:00+00"),
    RoundTrip(Instant(postgresMicroseconds: -1), "1969-12-31 23:59:59.999999+00"),
    RoundTrip(Instant(postgresMicroseconds: 1_795_384_446_000_001), "2026-11-22 21:54:06.000001+00"),
    RoundTrip(Instant(postgresMicroseconds: .max), "infinity"),
    RoundTrip(Instant(postgresMicroseconds: .min), "-infinity"),
    RoundTrip(Instant?.none, nil),
    RoundTrip(
        [Instant(postgresMicroseconds: .max), Instant(postgresMicroseconds: 0)],
        #"{infinity,"1970-01-01 00:00:00+00"}"#
    ),
]

private let arrays: [RoundTrip] = [
    RoundTrip([Int](), "{}"), RoundTrip([1, -2, 3], "{1,-2,3}"), RoundTrip([Int64.max], "{9223372036854775807}"),
    RoundTrip([Int32(1), 2], "{1,2}"), RoundTrip([Int16(1), 2], "{1,2}"), RoundTrip([true, false], "{t,f}"),
    RoundTrip([0.5, .infinity], "{0.5,Infinity}"), RoundTrip(["a", "", "b,c", "NULL"], #"{a,"","b,c","NULL"}"#),
    RoundTrip([[1, 2], [], [3]] as [[UInt8]], #"{"\\x0102","\\x","\\x03"}"#), RoundTrip([[UInt8]](), "{}"),
    RoundTrip([1, nil, 3] as [Int?], "{1,NULL,3}"), RoundTrip([nil] as [String?], "{NULL}"),
    RoundTrip([[1], nil] as [[UInt8]?], #"{"\\x01",NULL}"#), RoundTrip([nil, true] as [Bool?], "{NULL,t}"),
    RoundTrip([Colour.red, .green], "{red,green}"), RoundTrip([Wrapped(number: 1)], "{1}"),
    RoundTrip([nil, Wrapped(number: 2)] as [Wrapped?], "{NULL,2}"),
]

/// A column that must not be read as something else than it is.
struct Misreading: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let problem: String
    let run: @Sendable (PostgresTransaction) throws -> Void

    init<Value: PostgresDecodable>(_ expression: String, as type: Value.Type, _ problem: String) {
        self.testDescription = "\(expression) as \(type)"
        self.problem = problem
        self.run = { transaction in
            let rows = try transaction.query(SQL(name: "misread", text: "SELECT \(expression) AS c"))
            _ = try rows[0].decode(0, as: type)
        }
    }
}

private let misreadings: [Misreading] = [
    Misreading("NULL::bigint", as: Int.self, "column 0 (c): NULL where Int was expected"),
    Misreading("'a'::text", as: Int.self, "column 0 (c): text cannot be read as Int"),
    Misreading("1::bigint", as: String.self, "column 0 (c): bigint cannot be read as String"),
    Misreading("40000::integer", as: Int16.self, "column 0 (c): integer out of the range of Int16"),
    Misreading("1.5::numeric", as: Double.self, "column 0 (c): type 1700 cannot be read as Double"),
    Misreading("'{}'::jsonb", as: String.self, "column 0 (c): type 3802 cannot be read as String"),
    Misreading("1::bigint", as: Bool.self, "column 0 (c): bigint cannot be read as Bool"),
    Misreading("'a'::text", as: [UInt8].self, "column 0 (c): text cannot be read as Array<UInt8>"),
    Misreading("ARRAY[1, NULL]::bigint[]", as: [Int].self, "column 0 (c): NULL where Int was expected"),
    Misreading("ARRAY['a']", as: [Int].self, "column 0 (c): text cannot be read as Int"),
    Misreading("'{{1},{2}}'::bigint[]", as: [Int].self, "column 0 (c): bigint[] cannot be read as Array<Int>"),
    Misreading("'blue'::text", as: Colour.self, "column 0 (c): a value that Colour does not have"),
    Misreading(
        "'294276-12-31'::timestamptz",
        as: Instant.self,
        "column 0 (c): timestamptz out of the range of microseconds since 1970"
    ),
]

@Suite("Values on their way to PostgreSQL and back")
struct CodingTests {
    @Test(arguments: scalars + instants + arrays)
    func `a value comes back as it went, and the server read it right`(_ value: RoundTrip) async throws {
        let (isSame, text) = try await TestSchema.withConnection { try await $0.withTransaction(value.run) }
        #expect(isSame)
        #expect(text == value.text)
    }

    @Test(arguments: misreadings)
    func `a column is not read as what it is not`(_ column: Misreading) async throws {
        let error = await failure {
            try await TestSchema.withConnection { try await $0.withTransaction(column.run) }
        }
        #expect(error?.reason == .decoding(column.problem))
        #expect(error?.statement == "misread")
    }

    @Test(arguments: [("a\0b", "a\u{FFFD}b"), ("\0", "\u{FFFD}"), ("\0\0x", "\u{FFFD}\u{FFFD}x")])
    func `a NUL in text becomes a replacement character`(_ text: String, _ stored: String) async throws {
        let back = try await TestSchema.withConnection { connection in
            try await connection.withTransaction { transaction in
                let rows = try transaction.query(SQL(name: "nul", text: "SELECT $1, $2::text[]"), text, [text])
                return try rows[0].decode((String, [String]).self).1 + [try rows[0].decode(0)]
            }
        }
        #expect(back == [stored, stored])
    }

    @Test func `integers are read from any width that fits`() async throws {
        let sum = try await TestSchema.withConnection { connection in
            try await connection.withTransaction { transaction in
                let sql = SQL(name: "widths", text: "SELECT 1::smallint, 2::integer, 3::bigint, 4::oid, 5::real")
                let (a, b, c, d, e) = try transaction.query(sql)[0].decode((Int, Int64, Int16, Int32, Double).self)
                return a + Int(b) + Int(c) + Int(d) + Int(e)
            }
        }
        #expect(sum == 15)
    }

    @Test func `text of a type of the schema is read as a string`() async throws {
        let colours = try await TestSchema.withConnection("CREATE TYPE colour AS ENUM ('red', 'green')") { connection in
            try await connection.withTransaction { transaction in
                let sql = SQL(name: "enum", text: "SELECT 'red'::colour, ARRAY['green']::colour[]")
                let (one, many) = try transaction.query(sql)[0].decode((Colour, [Colour]).self)
                return [one] + many
            }
        }
        #expect(colours == [.red, .green])
    }

    @Test(arguments: [.min + 1, -290_000 * 31_557_600 * 1_000_000] as [Int64])
    func `an instant outside the server's range is refused, not made infinite`(_ microseconds: Int64) async throws {
        let found = await reason {
            try await TestSchema.withConnection { connection in
                try await connection.withTransaction { transaction in
                    let instant = Instant(postgresMicroseconds: microseconds)
                    try transaction.execute(SQL(name: "instant", text: "SELECT $1"), instant)
                }
            }
        }
        #expect(found == .server(SQLState(rawValue: "22008")))
    }

    @Test func `a row is read only as a tuple of as many columns`() async throws {
        let found = await reason {
            try await TestSchema.withConnection { connection in
                try await connection.withTransaction { transaction in
                    _ = try transaction.query(SQL(name: "pair", text: "SELECT 1, 2"))[0].decode((Int, Int, Int).self)
                }
            }
        }
        #expect(found == .decoding("2 columns where 3 were expected"))
    }

    @Test func `many large values travel as one array`() async throws {
        let bodies = (0..<250).map { [UInt8](repeating: UInt8($0), count: 23_000) }
        let setUp = "CREATE TABLE body (number bigint, bytes bytea)"
        let stored = try await TestSchema.withConnection(setUp) { connection in
            try await connection.withTransaction { transaction in
                let insert = SQL(
                    name: "bodies",
                    text: "INSERT INTO body SELECT * FROM unnest($1::bigint[], $2::bytea[])"
                )
                try transaction.execute(insert, Array(bodies.indices), bodies)
                let select = SQL(name: "back", text: "SELECT bytes FROM body ORDER BY number")
                return try transaction.query(select).map { try $0.decode(0, as: [UInt8].self) }
            }
        }
        #expect(stored == bodies)
    }
}
