/// Numbers in network order, which is the order of every binary format of PostgreSQL.
extension [UInt8] {
    /// Appends a number, most significant byte first.
    mutating func append(bigEndian value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { bytes in
            unsafe self.append(contentsOf: bytes)
        }
    }

    /// Replaces four bytes that were appended as a place holder.
    mutating func replace(at offset: Int, bigEndian value: Int32) {
        let bits = UInt32(bitPattern: value)
        self[offset] = UInt8(truncatingIfNeeded: bits >> 24)
        self[offset + 1] = UInt8(truncatingIfNeeded: bits >> 16)
        self[offset + 2] = UInt8(truncatingIfNeeded: bits >> 8)
        self[offset + 3] = UInt8(truncatingIfNeeded: bits)
    }
}

extension Span<UInt8> {
    /// The number that starts at an offset; the caller has checked that its bytes are there.
    func bigEndian<Number: FixedWidthInteger>(at offset: Int = 0, as type: Number.Type = Number.self) -> Number {
        var value: Number = 0
        for index in offset..<offset + MemoryLayout<Number>.size {
            value = value << 8 | Number(truncatingIfNeeded: self[index])
        }
        return value
    }
}
