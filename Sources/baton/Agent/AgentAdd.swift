import ArgumentParser
import Desk
import DeskStore
import MIME

/// `baton agent add`.
struct AgentAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add an agent.",
        discussion: """
            Handles are 1 to 32 of a-z, 0-9 and -, the first one a letter, and are never used again for somebody else.

              baton agent add ann --name "Ann Arbor" --email ann@example.com
              baton agent add bob --name "Bob" --email bob@example.com --email bob@home.example
            """
    )

    @Argument(help: "The short name: ann.", transform: ArgumentReading.handle)
    var handle: Handle

    @Option(
        help: ArgumentHelp("The name people know.", valueName: "name"),
        transform: ArgumentReading.label
    )
    var name: String

    @Option(
        name: .customLong("email"),
        parsing: .singleValue,
        help: ArgumentHelp("An address the agent writes from; may be repeated.", valueName: "address"),
        transform: ArgumentReading.address
    )
    var emails: [MailAddress] = []

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await self.database.withDatabase { database in
            try await database.unit { unit in
                guard let agent = try AgentQueries.add(unit, handle: self.handle, name: self.name) else {
                    throw CommandFailure.refused(
                        "The handle \(self.handle.text) is taken",
                        "Handles are never used again; choose another"
                    )
                }
                for email in self.emails { try self.add(email, to: agent, unit) }
                // The services make the agent's folder and watch it.
                for mailbox in try MailboxQueries.loadAll(unit) {
                    for service in LeasedService.allCases { try MailboxQueries.wake(unit, mailbox.id, service) }
                }
            }
        }
        Output.line("agent \(self.handle.text) added")
        if self.emails.isEmpty {
            Output.remark("Without --email, answers that \(self.handle.text) sends are not known to be theirs.")
        }
    }

    private func add(_ email: MailAddress, to agent: Identifier<Agent>, _ unit: Unit) throws {
        let key = email.comparisonKey
        switch try AgentQueries.addressHolder(unit, key: key) {
        case .mailbox(let name):
            throw CommandFailure.refused(
                "\(email.address) is the shared address of mailbox \(name)",
                "Give the address that is \(self.handle.text)'s alone"
            )
        case .agent(let handle) where handle != self.handle.text:
            throw CommandFailure.refused("\(email.address) is an address of agent \(handle)")
        case .agent, nil:
            // False only when it was given twice in this command.
            _ = try AgentQueries.addAddress(unit, agent, address: email.address, key: key)
        }
    }
}
