import Desk
import DeskStore

/// The mailboxes and queues there are, to turn the names of a request into ids.
struct ReportNames {
    let mailboxes: [(name: String, id: Identifier<Mailbox>)]
    let queues: [(name: String, id: Identifier<Queue>)]

    /// What the statements are asked, or why they cannot be.
    ///
    /// Queues have no working hours yet, so no request for working time can be met.
    func scope(of request: ReportRequest, zone: String) throws(ReportError) -> ReportQueries.Scope {
        let mailbox = try self.mailbox(request.mailbox)
        let queue = try self.queue(request.queue)
        guard request.hours == .calendar else {
            throw ReportError(.noWorkingHours(queue: request.queue ?? self.queues.first?.name))
        }
        return request.scope(zone: zone, mailbox: mailbox, queue: queue)
    }

    private func mailbox(_ name: String?) throws(ReportError) -> Identifier<Mailbox>? {
        guard let name else { return nil }
        if let known = self.mailboxes.first(where: { $0.name == name }) { return known.id }
        let suggestion = Suggestion.nearest(to: name, among: self.mailboxes.map(\.name))
        throw ReportError(.unknownMailbox(name, suggestion: suggestion))
    }

    private func queue(_ name: String?) throws(ReportError) -> Identifier<Queue>? {
        guard let name else { return nil }
        if let known = self.queues.first(where: { $0.name == name }) { return known.id }
        let suggestion = Suggestion.nearest(to: name, among: self.queues.map(\.name))
        throw ReportError(.unknownQueue(name, suggestion: suggestion))
    }
}
