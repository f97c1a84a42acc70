/// An instant that is a `timestamptz` in the database.
///
/// The conforming type says how it is counted in microseconds since 1970-01-01T00:00Z and gets binds, columns and arrays:
///
/// ```swift
/// extension Timestamp: PostgresTimestampRepresentable {
///     package var postgresMicroseconds: Int64 { self.microsecondsSinceEpoch }
///     package init(postgresMicroseconds: Int64) { self.init(microsecondsSinceEpoch: postgresMicroseconds) }
/// }
/// ```
package protocol PostgresTimestampRepresentable: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// Microseconds since 1970, UTC; `Int64.max` is `infinity`, `Int64.min` is `-infinity`.
    ///
    /// A value outside PostgreSQL's range (4713 BC to 294276 AD) is refused by the server with 22008.
    var postgresMicroseconds: Int64 { get }
    /// Makes the instant; `Int64.max` and `Int64.min` are the infinities.
    init(postgresMicroseconds: Int64)
}

/// 2000-01-01T00:00Z, from which PostgreSQL counts, in microseconds since 1970.
private let postgresEpoch: Int64 = 946_684_800_000_000

extension PostgresTimestampRepresentable {
    /// `timestamptz`.
    package static var postgresType: PostgresType { .timestamptz }
    /// `timestamptz[]`.
    package static var postgresArrayType: PostgresType { .timestamptzArray }

    /// Eight bytes: microseconds since 2000, the extremes for the infinities.
    package func encode(into bytes: inout [UInt8]) {
        let microseconds = self.postgresMicroseconds
        guard microseconds != .max, microseconds != .min else { return bytes.append(bigEndian: microseconds) }
        let (value, overflow) = microseconds.subtractingReportingOverflow(postgresEpoch)
        // An overflow must not turn into an infinity: the nearest finite value is out of range too and is refused.
        bytes.append(bigEndian: overflow ? Int64.min + 1 : value)
    }

    /// Reads `timestamptz`.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Self {
        guard type == .timestamptz, bytes.count == 8 else { throw .unreadable(type, as: Self.self) }
        let value: Int64 = bytes.bigEndian()
        guard value != .max, value != .min else { return Self(postgresMicroseconds: value) }
        let (microseconds, overflow) = value.addingReportingOverflow(postgresEpoch)
        guard !overflow, microseconds != .max else {
            throw PostgresError(reason: .decoding("timestamptz out of the range of microseconds since 1970"))
        }
        return Self(postgresMicroseconds: microseconds)
    }
}
