/// A value that can be bound to `$n`, in PostgreSQL's binary format.
///
/// A type of another module conforms by passing on to one that conforms already:
///
/// ```swift
/// extension Identifier: PostgresEncodable {
///     package static var postgresType: PostgresType { Int64.postgresType }
///     package func encode(into bytes: inout [UInt8]) { self.rawValue.encode(into: &bytes) }
/// }
/// ```
///
/// A `RawRepresentable` whose raw value conforms (an `enum Status: String`) gets everything by naming the protocol. Add
/// ``PostgresArrayElement`` for arrays of it, and see ``PostgresTimestampRepresentable`` for instants.
package protocol PostgresEncodable: Sendable {
    /// The type the server is told, whatever it would have guessed from the statement.
    static var postgresType: PostgresType { get }
    /// How many bytes ``encode(into:)`` will add, roughly; only to reserve space.
    var postgresByteCount: Int { get }
    /// Whether this is NULL, in which case ``encode(into:)`` is not called.
    var isPostgresNull: Bool { get }
    /// Appends the value in PostgreSQL's binary format, without a length.
    func encode(into bytes: inout [UInt8])
}

extension PostgresEncodable {
    /// Enough for any number.
    package var postgresByteCount: Int { 8 }
    /// Only an optional is NULL.
    package var isPostgresNull: Bool { false }
}

/// A value that can be read from a column, in PostgreSQL's binary format.
package protocol PostgresDecodable: Sendable {
    /// Reads a value that is not NULL.
    ///
    /// - Parameters:
    ///   - bytes: The column's bytes, valid during the call only.
    ///   - type: The type of the column, to be checked: the bytes alone do not tell.
    /// - Returns: The value.
    /// - Throws: `decoding` when the type or the length is not one this type reads; use ``PostgresError/unreadable(_:as:)``.
    static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Self
    /// What NULL is read as.
    ///
    /// - Throws: `decoding`, unless this is an optional.
    static func decodePostgresNull() throws(PostgresError) -> Self
}

extension PostgresDecodable {
    /// NULL is an error where no optional was asked for.
    package static func decodePostgresNull() throws(PostgresError) -> Self {
        throw PostgresError(reason: .decoding("NULL where \(Self.self) was expected"))
    }
}

extension PostgresError {
    /// The error of a column that cannot be read as the wanted type.
    ///
    /// - Parameters:
    ///   - type: The type of the column.
    ///   - wanted: The Swift type the caller asked for.
    /// - Returns: A `decoding` error; the row adds column and statement.
    package static func unreadable(_ type: PostgresType, as wanted: Any.Type) -> PostgresError {
        PostgresError(reason: .decoding("\(type) cannot be read as \(wanted)"))
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The type of what it may hold.
    package static var postgresType: PostgresType { Wrapped.postgresType }
    /// Nothing for NULL.
    package var postgresByteCount: Int { self?.postgresByteCount ?? 0 }
    /// Whether there is nothing.
    package var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    /// Appends the value there is.
    package func encode(into bytes: inout [UInt8]) { self?.encode(into: &bytes) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads the value there is.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Wrapped? {
        try Wrapped.decode(postgres: bytes, type: type)
    }
    /// Nothing.
    package static func decodePostgresNull() throws(PostgresError) -> Wrapped? { nil }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The type of the raw value.
    package static var postgresType: PostgresType { RawValue.postgresType }
    /// That of the raw value.
    package var postgresByteCount: Int { self.rawValue.postgresByteCount }
    /// Appends the raw value.
    package func encode(into bytes: inout [UInt8]) { self.rawValue.encode(into: &bytes) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// Reads the raw value; one that the type does not know is a `decoding` error.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(postgres: bytes, type: type)) else {
            throw PostgresError(reason: .decoding("a value that \(Self.self) does not have"))
        }
        return value
    }
}

extension PostgresArrayElement where Self: RawRepresentable, RawValue: PostgresArrayElement {
    /// An array of the raw values.
    package static var postgresArrayType: PostgresType { RawValue.postgresArrayType }
}
