import CPostgres
import Logging

/// Passes the server's notices on to the log.
final class NoticeLogger: Sendable {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func received(_ result: OpaquePointer) {
        func field(_ code: UInt8) -> String {
            guard let text = unsafe PQresultErrorField(result, Int32(code)) else { return "" }
            return unsafe String(cString: text)
        }
        self.logger.debug(
            "notice from the database",
            metadata: [
                "db.sqlstate": "\(field(UInt8(ascii: "C")))",
                "db.severity": "\(field(UInt8(ascii: "V")))",
                "db.message": "\(field(UInt8(ascii: "M")))",
            ]
        )
    }
}
