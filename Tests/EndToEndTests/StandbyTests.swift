import Glibc
import TestSupport
import Testing

@Suite("Workers that run until a signal", .timeLimit(.minutes(10)))
struct StandbyTests {
    /// The processes that hold the two leases.
    private static func holders(_ bench: Workbench) async throws -> [Int32?] {
        try await bench.database.lines(
            "SELECT split_part(holder, ':', 2) FROM lease WHERE expires_at > now() ORDER BY service"
        ).map { Int32($0) }
    }

    private static func count(_ bench: Workbench, _ table: String) async throws -> Int {
        try await bench.database.number("SELECT count(*) FROM \(table)")
    }

    /// The database's clock, in microseconds since 1970.
    private static func clock(_ bench: Workbench) async throws -> Int {
        try await bench.database.number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    }

    /// Whether a session that began after `start` still asks for something a second later, as only one does that stands by.
    private static func standsBy(_ bench: Workbench, since start: Int) async throws -> Bool {
        try await bench.database.number(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND backend_start > to_timestamp(\(start)::float8 / 1000000)
              AND query_start > backend_start + interval '1 second'
            """
        ) >= 1
    }

    @Test func `of two, one works and the other takes over when it is killed; nothing is done twice`() async throws {
        try await Workbench.with(layout: "both") { bench in
            try bench.append([SampleMail("One")])
            try await bench.program.withRunning(["run"]) { first in
                try await eventually("the first works") {
                    let isFirst = try await Self.holders(bench) == [first.processID, first.processID]
                    let tickets = try await Self.count(bench, "ticket")
                    return isFirst && tickets == 1
                }
                let begun = try await Self.clock(bench)
                try await bench.program.withRunning(["run"]) { second in
                    try await eventually("the second stands by") { try await Self.standsBy(bench, since: begun) }
                    try bench.append([SampleMail("Two", minute: 1)])
                    try await bench.ticket("assign", "One", "ann")
                    try await eventually("the first goes on working") {
                        let tickets = try await Self.count(bench, "ticket")
                        return try tickets == 2 && bench.marks()["One"] == ["Agents/ann owner-ann"]
                    }
                    #expect(try await Self.holders(bench) == [first.processID, first.processID])
                    first.signal(SIGKILL)
                    // Well within the 30 seconds of a lease.
                    try await eventually("the second takes over", within: .seconds(15)) {
                        try await Self.holders(bench) == [second.processID, second.processID]
                    }
                    try bench.append([SampleMail("Three", minute: 2)])
                    try await bench.ticket("assign", "Two", "bob")
                    try await eventually("the second works") {
                        let tickets = try await Self.count(bench, "ticket")
                        return try tickets == 3 && bench.marks()["Two"] == ["Agents/bob owner-bob"]
                    }
                    let start = ContinuousClock.now
                    second.signal(SIGTERM)
                    #expect(try await second.ending().status == 0)
                    #expect(ContinuousClock.now - start < .seconds(10))
                }
            }
            try await bench.runOnce()
            #expect(try await Self.count(bench, "message") == 3)
            #expect(try await bench.history("One") == ["assigned cli"])
            #expect(try await bench.history("Two") == ["assigned cli"])
            #expect(
                try bench.marks() == [
                    "One": ["Agents/ann owner-ann"], "Two": ["Agents/bob owner-bob"], "Three": ["INBOX"],
                ]
            )
            #expect(try await bench.verify().status == 0)
        }
    }

    @Test(arguments: [[], ["--only", "ingestion"], ["--only", "assignment"]])
    func `a signal ends each within ten seconds, also one that stands by`(only: [String]) async throws {
        try await Workbench.with(layout: "both") { bench in
            try await bench.runOnce()
            try await bench.program.withRunning(["run"] + only) { worker in
                try await eventually("it works") {
                    let holders = try await Self.holders(bench)
                    return holders.filter { $0 == worker.processID }.count == (only.isEmpty ? 2 : 1)
                }
                let begun = try await Self.clock(bench)
                try await bench.program.withRunning(["run"] + only) { standby in
                    try await eventually("the other stands by") { try await Self.standsBy(bench, since: begun) }
                    for process in [standby, worker] {
                        let start = ContinuousClock.now
                        process.signal(SIGTERM)
                        #expect(try await process.ending().status == 0)
                        #expect(ContinuousClock.now - start < .seconds(10))
                    }
                }
            }
        }
    }
}
