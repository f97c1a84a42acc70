package import Desk

/// The two services that hold leases, one per mailbox each.
package enum LeasedService: String, Sendable, CaseIterable {
    case ingestion
    case assignment
}

/// The right to work for one service on one mailbox, as long as nobody took a higher fence.
package struct LeaseGrant: Sendable, Hashable {
    /// The mailbox it belongs to.
    package let mailbox: Identifier<Mailbox>
    /// The service that works.
    package let service: LeasedService
    /// Rises at every take-over; a unit of a lower fence commits nothing.
    package let fence: Int64

    /// The key of the advisory lock that its holder's session has.
    package var lockKey: Int64 { LeaseSubject(mailbox: self.mailbox, service: self.service).key(self.fence) }

    /// Puts the values together; whether it holds is for the database to say.
    package init(mailbox: Identifier<Mailbox>, service: LeasedService, fence: Int64) {
        self.mailbox = mailbox
        self.service = service
        self.fence = fence
    }
}
