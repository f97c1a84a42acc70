/// The binds of one statement, laid out as libpq wants them: one run of bytes, and a pointer, length and format for each.
///
/// Each connection has one and uses it again, so that a statement allocates nothing.
@safe
struct ParameterBuffer {
    /// More than this is given back to the system after use.
    private static let keptCapacity = 1 << 20

    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = unsafe []
    /// The types of the binds, in order.
    private(set) var types: [UInt32] = []

    /// Takes the binds of the next statement.
    mutating func fill(_ binds: [any PostgresEncodable]) throws(PostgresError) {
        self.clear()
        var total = 1
        for bind in binds { total += bind.postgresByteCount }
        self.bytes.reserveCapacity(total)
        for bind in binds { try self.append(bind) }
        // An empty value still needs an address, which an empty array would not have.
        self.bytes.append(0)
    }

    /// Calls libpq with the binds.
    mutating func withArguments<Result>(
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        unsafe self.bytes.withUnsafeBytes { bytes in
            unsafe self.pointers.removeAll(keepingCapacity: true)
            for offset in self.offsets {
                let value = offset < 0 ? nil : unsafe bytes.baseAddress.map { unsafe $0 + offset }
                unsafe self.pointers.append(value?.assumingMemoryBound(to: CChar.self))
            }
            return unsafe body(Int32(self.offsets.count), self.pointers, self.lengths, self.formats)
        }
    }

    private mutating func append(_ bind: any PostgresEncodable) throws(PostgresError) {
        self.types.append(type(of: bind).postgresType.rawValue)
        self.formats.append(1)
        guard !bind.isPostgresNull else {
            self.offsets.append(-1)
            self.lengths.append(0)
            return
        }
        let start = self.bytes.count
        self.offsets.append(start)
        bind.encode(into: &self.bytes)
        guard self.bytes.count - start < 1 << 30, let length = Int32(exactly: self.bytes.count - start) else {
            self.clear()
            throw PostgresError(reason: .encoding("a bind of 1 GiB or more"))
        }
        self.lengths.append(length)
    }

    private mutating func clear() {
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= Self.keptCapacity)
        self.offsets.removeAll(keepingCapacity: true)
        self.lengths.removeAll(keepingCapacity: true)
        self.formats.removeAll(keepingCapacity: true)
        self.types.removeAll(keepingCapacity: true)
    }
}
