import Foundation
import IMAP
import Logging
import MailTransport

/// Baton's own connections: logged in, INBOX opened for reading, in IDLE.
enum BatonRole {
    static func run(_ assignment: Assignment) async throws {
        let configuration = IMAPConfiguration(
            endpoint: MailEndpoint(host: "localhost", port: assignment.port, caFile: assignment.caFile),
            user: "anna",
            credential: .password(Secret("secret"))
        )
        let (idling, heard) = (Counter(), Counter())
        let all = Assignment.warmUp + assignment.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            var before = 0
            for number in 0..<all {
                if number == Assignment.warmUp { before = try Memory.privateBytes() }
                group.addTask { try await self.idle(configuration, idling, heard) }
                await idling.reaches(number + 1)
            }
            let perConnection = (try Memory.privateBytes() - before) / assignment.count
            say("ready")
            await heard.reaches(all)
            say("\(perConnection)")
            group.cancelAll()
        }
    }

    private static func idle(_ configuration: IMAPConfiguration, _ idling: Counter, _ heard: Counter) async throws {
        let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        try await IMAPClient.withConnection(configuration, logger: logger) { connection in
            _ = try await connection.select(.inbox, readOnly: true)
            idling.add()
            let end = try await connection.idle(upTo: .seconds(270))
            guard end == .serverActivity else { throw BenchmarkError("IDLE ended with \(end)") }
            heard.add()
        }
    }
}
