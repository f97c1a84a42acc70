import ArgumentParser
import Desk
import DeskStore

extension TicketStatus: ExpressibleByArgument {}

/// `baton ticket list`.
struct TicketList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tickets, newest first.",
        discussion: """
            Without filters every ticket of every status. A table stops after \(Self.tableLimit) rows and says so; \
            JSON and CSV have all of them unless --limit says otherwise.

              baton ticket list --unowned --status open
              baton ticket list --owner ann --format json
            """,
        aliases: ["ls"]
    )

    /// More than this is no help on a screen.
    static let tableLimit = 50
    /// Rows that are read at once.
    static let pageSize = 5_000

    @Option(help: ArgumentHelp("Only tickets of this agent.", valueName: "agent"))
    var owner: String?

    @Flag(help: "Only tickets that nobody owns.")
    var unowned = false

    @Option(help: ArgumentHelp("Only tickets of this queue.", valueName: "queue"))
    var queue: String?

    @Option(help: ArgumentHelp("Only tickets of this mailbox.", valueName: "mailbox"))
    var mailbox: String?

    @Option(help: "Only tickets of this status: open, pending, closed or spam.")
    var status: TicketStatus?

    @Option(
        help: ArgumentHelp("At most so many.", valueName: "count"),
        transform: ArgumentReading.positive
    )
    var limit: Int?

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var listing: ListingOptions

    func validate() throws {
        guard !self.unowned || self.owner == nil else {
            throw ValidationError("--owner and --unowned exclude each other.")
        }
    }

    func run() async throws {
        let terminal = Terminal.standardOutput()
        let format = self.listing.format(on: terminal)
        try await self.database.withDatabase { database in
            let filter = try await database.unit { unit in try self.filter(unit) }
            switch format {
            case .table: try await self.printTable(database, filter, on: terminal)
            case .json, .csv: try await self.stream(database, filter, as: format)
            }
        }
    }

    private func filter(_ unit: Unit) throws -> TicketFilter {
        var filter = TicketFilter()
        if self.unowned { filter.ownership = .unowned }
        if let owner = self.owner { filter.ownership = .owner(try Lookup.agent(unit, owner)) }
        filter.queue = try self.queue.map { try Lookup.queue(unit, $0) }
        filter.mailbox = try self.mailbox.map { try Lookup.mailbox(unit, $0).id }
        filter.status = self.status
        return filter
    }

    private func printTable(_ database: DeskDatabase, _ filter: TicketFilter, on terminal: Terminal) async throws {
        let limit = self.limit ?? Self.tableLimit
        let tickets = try await database.unit { unit in
            // One more than is shown, to know whether there are more.
            try TicketListingQueries.page(unit, filter, below: nil, count: limit + 1)
        }
        let shown = TicketRows.listing(Array(tickets.prefix(limit)))
        Output.write(shown.text(.table, raw: false, on: terminal))
        if tickets.count > limit {
            Output.remark("There are more than these \(limit): narrow the list, or give --limit.")
        }
    }

    /// Prints page by page, so that memory does not grow with the number of tickets.
    private func stream(_ database: DeskDatabase, _ filter: TicketFilter, as format: OutputFormat) async throws {
        var last: Identifier<Ticket>?
        var left = self.limit ?? Int.max
        var isFirst = true
        while left > 0 {
            let below = last
            let count = min(left, Self.pageSize)
            let page = try await database.unit { unit in
                try TicketListingQueries.page(unit, filter, below: below, count: count)
            }
            // Not before something was read: where that fails, there is no output.
            if last == nil { Output.write(format == .json ? "[" : TicketRows.listing([]).csvHeading()) }
            let rows = TicketRows.listing(page)
            Output.write(format == .json ? rows.jsonRows(isFirst: isFirst) : rows.csvRows(raw: self.listing.raw))
            isFirst = isFirst && page.isEmpty
            left -= page.count
            last = page.last?.number
            if page.count < count { break }
        }
        if format == .json { Output.write(isFirst ? "]\n" : "\n]\n") }
    }
}
