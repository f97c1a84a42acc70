extension Bool: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `boolean`.
    package static var postgresType: PostgresType { .bool }
    /// `boolean[]`.
    package static var postgresArrayType: PostgresType { .boolArray }
    /// One byte.
    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
    /// Reads `boolean`.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Bool {
        guard type == .bool, bytes.count == 1 else { throw .unreadable(type, as: Self.self) }
        return bytes[0] != 0
    }
}

extension Int16: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `smallint`.
    package static var postgresType: PostgresType { .int2 }
    /// `smallint[]`.
    package static var postgresArrayType: PostgresType { .int2Array }
    /// Two bytes.
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    /// Reads any integer that fits.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Int16 {
        try decodeInteger(bytes, type)
    }
}

extension Int32: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `integer`.
    package static var postgresType: PostgresType { .int4 }
    /// `integer[]`.
    package static var postgresArrayType: PostgresType { .int4Array }
    /// Four bytes.
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    /// Reads any integer that fits.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Int32 {
        try decodeInteger(bytes, type)
    }
}

extension Int64: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `bigint`.
    package static var postgresType: PostgresType { .int8 }
    /// `bigint[]`.
    package static var postgresArrayType: PostgresType { .int8Array }
    /// Eight bytes.
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    /// Reads any integer.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Int64 {
        try decodeInteger(bytes, type)
    }
}

extension Int: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `bigint`.
    package static var postgresType: PostgresType { .int8 }
    /// `bigint[]`.
    package static var postgresArrayType: PostgresType { .int8Array }
    /// Eight bytes.
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
    /// Reads any integer.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Int {
        try decodeInteger(bytes, type)
    }
}

extension Double: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `double precision`.
    package static var postgresType: PostgresType { .float8 }
    /// `double precision[]`.
    package static var postgresArrayType: PostgresType { .float8Array }
    /// Eight bytes.
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self.bitPattern) }
    /// Reads `double precision` and `real`.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> Double {
        switch (type, bytes.count) {
        case (.float8, 8): Double(bitPattern: bytes.bigEndian())
        case (.float4, 4): Double(Float(bitPattern: bytes.bigEndian()))
        default: throw .unreadable(type, as: Self.self)
        }
    }
}

extension String: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// `text`; it is accepted wherever an assignment from text is.
    package static var postgresType: PostgresType { .text }
    /// `text[]`.
    package static var postgresArrayType: PostgresType { .textArray }
    /// The bytes of its UTF-8.
    package var postgresByteCount: Int { self.utf8.count }

    /// Appends UTF-8, with U+FFFD in place of U+0000, which PostgreSQL's text cannot hold.
    package func encode(into bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: self.utf8)
        guard bytes[start...].contains(0) else { return }
        let raw = Array(bytes[start...])
        bytes.removeSubrange(start...)
        for byte in raw {
            if byte == 0 { bytes += [0xEF, 0xBF, 0xBD] } else { bytes.append(byte) }
        }
    }

    /// Reads the types that are sent as text: also `name`, `json` and enumerations, not `jsonb` and `numeric`.
    package static func decode(postgres bytes: Span<UInt8>, type: PostgresType) throws(PostgresError) -> String {
        switch type {
        case .text, .varchar, .bpchar, .name, .char, .json, .unknown: break
        case .void: return ""
        default: guard type.isUserDefined else { throw .unreadable(type, as: Self.self) }
        }
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe String(decoding: buffer, as: UTF8.self)
        }
    }
}

/// Reads an integer of any width, as long as the value fits the wanted one.
private func decodeInteger<Number: FixedWidthInteger & Sendable>(
    _ bytes: Span<UInt8>,
    _ type: PostgresType
) throws(PostgresError) -> Number {
    let value: Int64
    switch (type, bytes.count) {
    case (.int8, 8): value = bytes.bigEndian()
    case (.int4, 4): value = Int64(bytes.bigEndian(as: Int32.self))
    case (.int2, 2): value = Int64(bytes.bigEndian(as: Int16.self))
    case (.oid, 4): value = Int64(bytes.bigEndian(as: UInt32.self))
    default: throw .unreadable(type, as: Number.self)
    }
    guard let number = Number(exactly: value) else {
        throw PostgresError(reason: .decoding("\(type) out of the range of \(Number.self)"))
    }
    return number
}
