/// The object identifier of a PostgreSQL type, which travels with every bind and every column.
package struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The `oid` in `pg_type`.
    package let rawValue: UInt32

    /// Takes an oid.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `boolean`.
    package static let bool = PostgresType(rawValue: 16)
    /// `bytea`.
    package static let bytea = PostgresType(rawValue: 17)
    /// `"char"`, one byte.
    package static let char = PostgresType(rawValue: 18)
    /// `name`, the type of identifiers in the catalog.
    package static let name = PostgresType(rawValue: 19)
    /// `bigint`.
    package static let int8 = PostgresType(rawValue: 20)
    /// `smallint`.
    package static let int2 = PostgresType(rawValue: 21)
    /// `integer`.
    package static let int4 = PostgresType(rawValue: 23)
    /// `text`.
    package static let text = PostgresType(rawValue: 25)
    /// `oid`, unsigned.
    package static let oid = PostgresType(rawValue: 26)
    /// `json`.
    package static let json = PostgresType(rawValue: 114)
    /// `real`.
    package static let float4 = PostgresType(rawValue: 700)
    /// `double precision`.
    package static let float8 = PostgresType(rawValue: 701)
    /// A literal nobody has typed yet.
    package static let unknown = PostgresType(rawValue: 705)
    /// `character(n)`.
    package static let bpchar = PostgresType(rawValue: 1042)
    /// `character varying`.
    package static let varchar = PostgresType(rawValue: 1043)
    /// `date`.
    package static let date = PostgresType(rawValue: 1082)
    /// `timestamp with time zone`.
    package static let timestamptz = PostgresType(rawValue: 1184)
    /// `void`, what a function without a result gives.
    package static let void = PostgresType(rawValue: 2278)
    /// `boolean[]`.
    package static let boolArray = PostgresType(rawValue: 1000)
    /// `bytea[]`.
    package static let byteaArray = PostgresType(rawValue: 1001)
    /// `smallint[]`.
    package static let int2Array = PostgresType(rawValue: 1005)
    /// `integer[]`.
    package static let int4Array = PostgresType(rawValue: 1007)
    /// `text[]`.
    package static let textArray = PostgresType(rawValue: 1009)
    /// `bigint[]`.
    package static let int8Array = PostgresType(rawValue: 1016)
    /// `double precision[]`.
    package static let float8Array = PostgresType(rawValue: 1022)
    /// `timestamp with time zone[]`.
    package static let timestamptzArray = PostgresType(rawValue: 1185)

    /// Types of extensions and of the schema itself, such as enumerations, have oids from here on.
    var isUserDefined: Bool { self.rawValue >= 16_384 }

    /// The name where it is a type named here, else the number.
    package var description: String { Self.names[self] ?? "type \(self.rawValue)" }

    private static let names: [PostgresType: String] = [
        .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision",
        .unknown: "unknown", .bpchar: "character", .varchar: "character varying", .date: "date",
        .timestamptz: "timestamptz", .void: "void", .boolArray: "boolean[]", .byteaArray: "bytea[]",
        .int2Array: "smallint[]", .int4Array: "integer[]", .textArray: "text[]", .int8Array: "bigint[]",
        .float8Array: "double precision[]", .timestamptzArray: "timestamptz[]",
    ]
}
