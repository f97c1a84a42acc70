import Desk
import ModelMailServer

/// A worker process with its two services.
struct Worker: Sendable {
    /// Which of the workers, and how often it was started.
    struct Life: Hashable, Sendable {
        let worker: Int
        let start: Int
    }

    /// What a service holds of its lease, by its own clock.
    struct Grant: Sendable {
        var fence: Int64
        var validUntil: Timestamp
        var commandsAfterEnd = 0
    }

    var life: Life
    /// It is stopped until then, and does not know.
    var pausedUntil: Timestamp?
    /// And until so many steps were taken, so that others do more meanwhile than to let time pass.
    var pausedUntilStep = 0
    var grants: [LeasedPart: Grant] = [:]
    var sessions: [LeasedPart: ModelSessionID] = [:]
}

/// Everybody who takes turns.
enum Player: Hashable, Sendable, CustomStringConvertible {
    case service(worker: Int, LeasedPart)
    case client(Int)
    case contacts
    case desk

    var description: String {
        switch self {
        case .service(let worker, let part): "\(part) \(worker)"
        case .client(let client): "client \(client)"
        case .contacts: "contacts"
        case .desk: "desk"
        }
    }

    var worker: Int? {
        guard case .service(let worker, _) = self else { return nil }
        return worker
    }
}

/// Why a service's work breaks off.
enum Fault: Error {
    /// Its process ended.
    case killed
    /// The connection to the mail server is lost; what was asked may be done or not.
    case link(isSent: Bool)
    /// A unit of work was not begun, or nobody knows whether it was committed.
    case database
    /// Another worker took over.
    case leaseLost
    /// A folder is not what it was; the next pass sees.
    case folderChanged
}

/// One mailbox, its server, its database, two workers and the people around them, under a schedule that a seed decides.
actor World {
    nonisolated let schedule = Schedule()
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.schedule.asUnownedSerialExecutor() }

    struct Waiter {
        let player: Player
        let notBefore: Timestamp
        let continuation: UnsafeContinuation<Void, any Error>
    }

    let options: SimulationOptions
    var chance: Chance
    var server: ModelServer
    var twin: Twin
    /// What is on the disk of the database, where that is less than what was committed.
    var onDisk: Twin?
    var mails: [SimulatedMail] = []
    var laws = Laws()
    var workers: [Worker] = []
    var waiting: [Waiter] = []
    /// People and faults are at work.
    var isStorm = true
    /// Everybody goes home.
    var isOver = false
    var steps = 0
    /// Passes in a row that changed nothing.
    var quietPasses: [LeasedPart: Int] = [:]
    /// An extension that the server was caught lying about is not used any more.
    var isQResyncOff = false
    let agents: [Agent]
    let keywords: MarkKeywords
    let names: FolderNames
    var nextMessageID = 1
    var wasCrashed = false
    var trace: [String] = []
    let isTracing: Bool

    init(_ options: SimulationOptions, isTracing: Bool = false) {
        self.options = options
        self.isTracing = isTracing
        self.chance = Chance(seed: options.seed)
        self.server = ModelServer(profile: options.profile)
        self.twin = Twin(now: Timestamp(microseconds: 1_700_000_000_000_000), bug: options.bug)
        self.agents = ["ann", "ben", "cy"].enumerated().compactMap { offset, name in
            // The three names are handles.
            (try? Handle(name)).map {
                Agent(id: Identifier(Int64(offset + 1)), handle: $0, name: name, isActive: true)
            }
        }
        self.keywords = MarkKeywords(agents: self.agents.map { (handle: $0.handle, agent: $0.id) })
        self.names = FolderNames(prefix: options.profile.prefix, delimiter: String(options.profile.delimiter))
    }

    var agentsByID: [Agent.ID: Agent] { Dictionary(self.agents.map { ($0.id, $0) }) { first, _ in first } }

    func log(_ text: @autoclosure () -> String) {
        if self.isTracing { self.trace.append("\(self.steps) \(text())") }
    }

    // MARK: - Turns

    /// Waits for a turn, at the earliest after a while.
    func turn(_ player: Player, after wait: Duration = .zero) async throws {
        let notBefore = self.twin.now.advanced(by: wait)
        try await withUnsafeThrowingContinuation { continuation in
            self.waiting.append(Waiter(player: player, notBefore: notBefore, continuation: continuation))
        }
    }

    private func isReady(_ waiter: Waiter) -> Bool {
        guard waiter.notBefore <= self.twin.now else { return false }
        guard let worker = waiter.player.worker else { return true }
        return self.workers[worker].pausedUntil.map { self.isOver($0, worker) } ?? true
    }

    /// Whether it waits for others to do something, not for time.
    private func isOutOfSteps(_ waiter: Waiter) -> Bool {
        waiter.player.worker.map(self.isOutOfSteps) ?? false
    }

    /// Whether a worker is paused until others have done something.
    func isOutOfSteps(_ worker: Int) -> Bool {
        self.workers[worker].pausedUntil != nil && self.workers[worker].pausedUntilStep > self.steps
    }

    private func isOver(_ pause: Timestamp, _ worker: Int) -> Bool {
        pause <= self.twin.now && self.workers[worker].pausedUntilStep <= self.steps
    }

    /// One turn of somebody; false: nobody can do anything any more.
    func step() -> Bool {
        self.schedule.runJobs()
        guard !self.waiting.isEmpty else { return false }
        var ready = self.waiting.indices.filter { self.isReady(self.waiting[$0]) }
        if ready.isEmpty {
            let next = self.waiting.filter { !self.isOutOfSteps($0) }.map { waiter in
                let pause = waiter.player.worker.flatMap { self.workers[$0].pausedUntil } ?? waiter.notBefore
                return max(waiter.notBefore, pause)
            }.min()
            if let next { self.tick(to: next) }
            ready = self.waiting.indices.filter { self.isReady(self.waiting[$0]) }
        }
        guard !ready.isEmpty else { return false }
        let waiter = self.waiting.remove(at: ready[self.chance.below(ready.count)])
        self.steps += 1
        self.tick(to: self.twin.now.advanced(by: self.nextPause()))
        waiter.continuation.resume()
        self.schedule.runJobs()
        return true
    }

    private func nextPause() -> Duration {
        if self.options.isCalm || !self.isStorm { return .milliseconds(Int64(1 + self.chance.below(50))) }
        switch self.chance.below(1000) {
        case 0..<4: return .seconds(Int64(300 + self.chance.below(4000)))
        case 4..<20: return .seconds(Int64(5 + self.chance.below(40)))
        default: return .milliseconds(Int64(1 + self.chance.below(200)))
        }
    }

    /// Lets time pass; who lives renews the leases.
    func tick(to time: Timestamp) {
        self.twin.now = max(self.twin.now, time)
        self.server.now = self.twin.now.microseconds / 1_000_000
        for worker in self.workers.indices {
            if let until = self.workers[worker].pausedUntil {
                guard self.isOver(until, worker) else { continue }
                self.workers[worker].pausedUntil = nil
                continue  // what it finds, it finds by looking
            }
            for (part, grant) in self.workers[worker].grants {
                guard self.twin.leases[part]?.fence == grant.fence else { continue }
                let until = self.twin.now.advanced(by: .seconds(30))
                self.twin.leases[part]?.expiresAt = until
                self.workers[worker].grants[part]?.validUntil = until
            }
        }
    }

    // MARK: - Processes

    /// Ends a worker at once; it is started again.
    func kill(_ worker: Int) {
        self.log("worker \(worker) is killed")
        self.end(worker)
        let mine = self.waiting.filter { $0.player.worker == worker }
        self.waiting.removeAll { $0.player.worker == worker }
        for waiter in mine { waiter.continuation.resume(throwing: Fault.killed) }
        self.schedule.runJobs()
    }

    private func end(_ worker: Int) {
        let life = self.workers[worker].life
        for (part, lease) in self.twin.leases where lease.holder == life {
            self.twin.leases[part]?.isSessionAlive = false
        }
        for session in self.workers[worker].sessions.values { self.server.disconnect(session) }
        self.workers[worker] = Worker(life: Worker.Life(worker: worker, start: life.start + 1))
    }

    func pause(_ worker: Int, for seconds: Int, steps: Int = 0) {
        guard self.workers[worker].pausedUntil == nil else { return }
        self.workers[worker].pausedUntilStep = self.steps + steps
        self.log("worker \(worker) is paused for \(seconds) s")
        self.workers[worker].pausedUntil = self.twin.now.advanced(by: .seconds(Int64(seconds)))
    }

    // MARK: - The database

    /// The workers' machine and the database's lose power: what did not reach the disk was never committed.
    func losePower() {
        for worker in self.workers.indices { self.kill(worker) }
        self.quietPasses = [:]
        guard var onDisk = self.onDisk.take() else { return }
        self.log("what was committed last is lost")
        self.laws.lost(from: onDisk, to: self.twin)
        // To take a lease waits for the disk, and time goes on.
        (onDisk.leases, onDisk.now) = (self.twin.leases, self.twin.now)
        self.twin = onDisk
    }

    /// A unit of work of a service; nothing of it is committed, or all.
    ///
    /// What is lost with the disk's cache is the end of what was committed.
    func unit<Result>(
        _ service: ServiceRun,
        _ what: @autoclosure () -> String,
        disk: DiskWait = .now,
        _ body: (inout Twin) throws -> Result
    ) async throws -> Result {
        try await self.turn(service.player)
        if self.isStorm, self.chance.happens(self.options.faults) {
            self.log("\(service.player) \(what()): no connection to the database")
            throw Fault.database
        }
        guard self.twin.leases[service.part]?.fence == service.fence || self.options.bug == .unfenced else {
            throw Fault.leaseLost
        }
        let before = self.twin
        var after = before
        let result = try body(&after)
        let isTold = disk == .nowIfTold && self.options.bug != .gestureOffDisk && after.tells(since: before)
        if disk == .now || isTold { self.onDisk = nil } else if self.onDisk == nil { self.onDisk = before }
        self.twin = after
        self.log("\(service.player) \(what())")
        self.laws.committed(from: before, to: after, by: service, self)
        if self.isStorm, self.chance.happens(self.options.faults) {
            self.log("\(service.player) \(what()): nobody knows whether it was committed")
            throw Fault.database
        }
        return result
    }

    /// By its own clock the lease is still held.
    func checkLease(_ service: ServiceRun) throws {
        guard let grant = self.workers[service.worker].grants[service.part], grant.fence == service.fence,
            self.twin.now < grant.validUntil || self.options.bug == .unfenced
        else { throw Fault.leaseLost }
    }

    /// Between that look and its command the worker may be paused: the command then outlives the lease.
    func delay(_ service: ServiceRun) {
        guard self.isStorm, self.options.hasDelays, self.chance.happens(300) else { return }
        self.pause(service.worker, for: 40, steps: 150 + self.chance.below(500))
        // Its lease is overdue, so that somebody else has the time to do its work.
        self.tick(to: self.twin.now.advanced(by: .seconds(35)))
    }
}

/// Whether what a unit of work commits is on disk when it ends.
enum DiskWait {
    case now
    /// When a ticket changed or something waits for a person, which people may be told of.
    case nowIfTold
    case later
}

/// One session of a service under one lease.
struct ServiceRun: Sendable {
    let worker: Int
    let part: LeasedPart
    let fence: Int64

    var player: Player { .service(worker: self.worker, self.part) }
}
