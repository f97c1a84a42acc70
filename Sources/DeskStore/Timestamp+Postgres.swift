package import Desk
import Postgres

/// `timestamptz`, both in microseconds since 1970.
extension Timestamp: PostgresTimestampRepresentable {
    /// The same count; the extremes of Int64 are PostgreSQL's infinities.
    package var postgresMicroseconds: Int64 { self.microseconds }

    /// The same count.
    package init(postgresMicroseconds: Int64) {
        self.init(microseconds: postgresMicroseconds)
    }
}
