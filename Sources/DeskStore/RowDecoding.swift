import Desk
import Postgres

extension StoreError {
    static func missingRow(_ statement: String) -> StoreError {
        StoreError(reason: .undecodable, statement: statement, message: "a row that must be there is missing")
    }

    /// Runs `body` with the errors of the database library turned into this module's.
    static func mapping<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw StoreError(error)
        }
    }

    init(_ error: PostgresError) {
        let reason: Reason
        switch error.reason {
        case .connectionFailed, .poolTimeout, .closed: reason = .unreachable
        case .connectionLost: reason = .connectionLost
        case .commitUnknown: reason = .commitUnknown
        case .cancelled: reason = .cancelled
        case .server(.divisionByZero) where error.statement == LeaseQueries.assertHeld.name,
            .rowMissing where error.statement == LeaseQueries.isHeld.name:
            self.init(
                reason: .leaseLost,
                statement: error.statement,
                message: "another worker took over this mailbox"
            )
            return
        case .decoding, .encoding, .misuse, .rowMissing: reason = .undecodable
        case .migrationChanged, .migrationUnknown, .migrationFailed: reason = .refused(state: "migration")
        case .server(.undefinedTable), .server(.undefinedColumn): reason = .schemaMissing
        case .server(.uniqueViolation): reason = .duplicate
        case .server(let state): reason = .refused(state: state.rawValue)
        }
        self.init(reason: reason, statement: error.statement, message: error.message)
    }
}

extension PostgresRow {
    /// A text column that holds one of an enumeration's values.
    func decode<Value: RawRepresentable<String>>(_ column: Int, raw: Value.Type) throws -> Value {
        let text = try self.decode(column, as: String.self)
        guard let value = Value(rawValue: text) else {
            throw StoreError(reason: .undecodable, message: "a column of \(Value.self) holds another value")
        }
        return value
    }

    /// The same for a column that may be NULL.
    func decode<Value: RawRepresentable<String>>(_ column: Int, rawOptional: Value.Type) throws -> Value? {
        guard try self.decode(column, as: String?.self) != nil else { return nil }
        return try self.decode(column, raw: Value.self)
    }

    /// Two columns: arrival and id of a contact's message.
    func decodeContactMessage(_ at: Int, _ message: Int) throws -> ContactMessage? {
        guard let receivedAt = try self.decode(at, as: Timestamp?.self),
            let id = try self.decode(message, as: Int64?.self)
        else { return nil }
        return ContactMessage(receivedAt: receivedAt, message: Identifier(id))
    }
}
