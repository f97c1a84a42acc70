import Desk
import IMAP
import LocalServers
import MailTransport
import TestSupport
import Testing

@testable import Assignment
@testable import DeskStore

@Suite("Folders that marks need")
struct MarkFolderTests {
    /// What stands against the worker.
    enum Loss: CaseIterable {
        /// Another worker has the lease by now.
        case fence
        /// It could not be renewed in time.
        case clock
    }

    @Test(arguments: Loss.allCases)
    func `are not made by a worker that lost its lease, nor is anything written`(_ loss: Loss) async throws {
        let user = try await Workbench.freshUser()
        let dovecot = try await TestServers.dovecot()
        try await MarkDeskTests.with(MarkDeskTests.Scene()) { database in
            try await database.keepLease(.assignment, fence: 2)
            try await database.execute("DELETE FROM folder_epoch WHERE folder_id = 3")
            let before = try await database.rowVersions()
            let mailbox = try #require(try await database.desk.unit { try MailboxQueries.load($0, name: "support") })
            let lease = Lease(
                grant: LeaseGrant(mailbox: mailbox.id, service: .assignment, fence: loss == .fence ? 1 : 2),
                validUntil: loss == .clock ? .now : .now.advanced(by: .seconds(3600))
            )
            let configuration = IMAPConfiguration(
                endpoint: MailEndpoint(
                    host: dovecot.host,
                    port: dovecot.imapsPort,
                    security: .implicitTLS,
                    caFile: dovecot.caFile
                ),
                user: user.name,
                credential: .password(Secret(user.password))
            )
            let error = await #expect(throws: StoreError.self) {
                try await IMAPClient.withConnection(configuration, logger: TestServers.silent) { connection in
                    let session = AssignmentSession(
                        database: database.desk,
                        lease: lease,
                        opened: mailbox,
                        connection: AssignmentConnection(connection),
                        logger: TestServers.silent
                    )
                    _ = try await session.pass()
                }
            }
            #expect(error?.reason == .leaseLost)
            let observer = try dovecot.observer(as: user)
            #expect(try observer.list().allSatisfy { !$0.name.hasPrefix("Agents") })
            observer.logout()
            if loss == .fence { #expect(try await database.rowVersions() == before) }
        }
    }

    @Test func `that were there are subscribed once, as those that are made`() async throws {
        try await Workbench.with(layout: "both") { bench in
            let observer = try bench.observer()
            try observer.create("Agents/ann")
            try observer.create("Closed")
            func subscribed() throws -> Set<String> {
                Set(
                    try observer.command("LSUB \"\" \"*\"").compactMap {
                        $0.split(separator: " ").last.map(String.init)
                    }
                )
            }
            #expect(try subscribed().isDisjoint(with: ["Agents/ann", "Closed"]))
            try await bench.runOnce()
            #expect(try subscribed().isSuperset(of: ["Agents/ann", "Agents/bob", "Closed"]))
            _ = try observer.command("UNSUBSCRIBE Closed")
            try await bench.runOnce()
            #expect(try !subscribed().contains("Closed"))
            observer.logout()
        }
    }
}
