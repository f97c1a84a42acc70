/// A type whose arrays can be bound and read: one-dimensional PostgreSQL arrays, for `unnest($1::bigint[], …)`.
///
/// A type that is ``PostgresEncodable`` and ``PostgresDecodable`` conforms by giving ``postgresArrayType``. The two functions are
/// there for `UInt8`, whose array is no array for PostgreSQL but `bytea`.
package protocol PostgresArrayElement: Sendable {
    /// The oid of the array type.
    static var postgresArrayType: PostgresType { get }
    /// How many bytes the whole array takes, roughly; only to reserve space.
    static func postgresByteCount(ofArray elements: [Self]) -> Int
    /// Appends the array in binary.
    static func encodePostgresArray(_ elements: [Self], into bytes: inout [UInt8])
    /// Reads the array from binary; `type` is that of the column.
    ///
    /// - Throws: `decoding` for another type, more than one dimension, or NULL among elements that are not optional.
    static func decodePostgresArray(_ bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> [Self]
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    /// Header and, per element, four bytes of length.
    package static func postgresByteCount(ofArray elements: [Self]) -> Int {
        elements.reduce(20) { $0 + 4 + $1.postgresByteCount }
    }

    /// Appends dimensions, NULL flag, element type, length, lower bound 1, then the elements.
    package static func encodePostgresArray(_ elements: [Self], into bytes: inout [UInt8]) {
        bytes.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
        let flag = bytes.count
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Self.postgresType.rawValue)
        guard !elements.isEmpty else { return }
        bytes.append(bigEndian: Int32(truncatingIfNeeded: elements.count))
        bytes.append(bigEndian: Int32(1))
        for element in elements {
            if element.isPostgresNull {
                bytes.replace(at: flag, bigEndian: 1)
                bytes.append(bigEndian: Int32(-1))
            } else {
                bytes.append(bigEndian: Int32(0))
                let start = bytes.count
                element.encode(into: &bytes)
                // An element beyond 2 GiB makes the whole bind too large, which is refused before it is sent.
                bytes.replace(at: start - 4, bigEndian: Int32(truncatingIfNeeded: bytes.count - start))
            }
        }
    }

    /// Reads what PostgreSQL sends, checking every length against the bytes that are there.
    package static func decodePostgresArray(
        _ bytes: Span<UInt8>,
        type: PostgresType
    ) throws(PostgresError) -> [Self] {
        guard bytes.count >= 12 else { throw .unreadable(type, as: [Self].self) }
        let dimensions: Int32 = bytes.bigEndian()
        let elementType = PostgresType(rawValue: bytes.bigEndian(at: 8))
        guard dimensions != 0 else { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw .unreadable(type, as: [Self].self) }
        let count = Int(bytes.bigEndian(at: 12, as: Int32.self))
        guard count >= 0, count <= (bytes.count - 20) / 4 else { throw .unreadable(type, as: [Self].self) }
        var elements: [Self] = []
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard bytes.count - offset >= 4 else { throw .unreadable(type, as: [Self].self) }
            let length = Int(bytes.bigEndian(at: offset, as: Int32.self))
            offset += 4
            if length < 0 {
                elements.append(try Self.decodePostgresNull())
                continue
            }
            guard length <= bytes.count - offset else { throw .unreadable(type, as: [Self].self) }
            elements.append(try Self.decode(postgres: bytes.extracting(offset..<offset + length), type: elementType))
            offset += length
        }
        return elements
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array type of the elements; `bytea` for bytes.
    package static var postgresType: PostgresType { Element.postgresArrayType }
    /// Header, lengths and elements.
    package var postgresByteCount: Int { Element.postgresByteCount(ofArray: self) }
    /// Appends the array.
    package func encode(into bytes: inout [UInt8]) { Element.encodePostgresArray(self, into: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// Reads an array of one dimension, or `bytea` for bytes.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> [Element] {
        try Element.decodePostgresArray(bytes, type: type)
    }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`: there is no unsigned byte in PostgreSQL.
    package static var postgresArrayType: PostgresType { .bytea }
    /// The bytes themselves.
    package static func postgresByteCount(ofArray elements: [UInt8]) -> Int { elements.count }
    /// Appends the bytes.
    package static func encodePostgresArray(_ elements: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: elements)
    }
    /// Reads `bytea`.
    package static func decodePostgresArray(
        _ bytes: Span<UInt8>,
        type: PostgresType
    ) throws(PostgresError) -> [UInt8] {
        guard type == .bytea else { throw .unreadable(type, as: [UInt8].self) }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Array(buffer)
        }
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// `bytea[]`.
    package static var postgresArrayType: PostgresType { .byteaArray }
}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    /// The array type of what it may hold.
    package static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}
