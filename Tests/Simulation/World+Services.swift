import Desk
import ModelMailServer

/// How a service lives: it waits for the lease, works until something breaks, and begins anew.
extension World {
    func startServices() {
        for worker in 0..<2 {
            self.workers.append(Worker(life: Worker.Life(worker: worker, start: 0)))
            for part in LeasedPart.allCases {
                Task(executorPreference: self.schedule) { await self.serve(worker, part) }
            }
        }
    }

    private func serve(_ worker: Int, _ part: LeasedPart) async {
        while !self.isOver {
            do {
                let service = try await self.obtain(worker, part)
                try await self.work(service)
            } catch Fault.killed {
                // Its process is new.
            } catch {
                self.log("worker \(worker) \(part): \(error)")
                self.giveUp(worker, part)
            }
            if self.isOver { return }
            // Killed again while it waits: it waits again.
            try? await self.turn(
                .service(worker: worker, part),
                after: .milliseconds(Int64(500 + self.chance.below(2000)))
            )
        }
    }

    /// The session ends, and with it the lock and the lease.
    private func giveUp(_ worker: Int, _ part: LeasedPart) {
        if let session = self.workers[worker].sessions.removeValue(forKey: part) { self.server.disconnect(session) }
        guard let grant = self.workers[worker].grants.removeValue(forKey: part) else { return }
        if self.twin.leases[part]?.fence == grant.fence { self.twin.leases[part]?.isSessionAlive = false }
    }

    private func obtain(_ worker: Int, _ part: LeasedPart) async throws -> ServiceRun {
        let player = Player.service(worker: worker, part)
        while true {
            try await self.turn(player)
            let life = self.workers[worker].life
            let row = self.twin.leases[part]
            let isFree = row.map { !$0.isSessionAlive || $0.expiresAt < self.twin.now } ?? true
            if isFree || self.options.bug == .leaseSeized {
                let fence = (row?.fence ?? 0) + 1
                let until = self.twin.now.advanced(by: .seconds(30))
                if let row, !isFree { self.laws.seized(row, self) }
                self.twin.leases[part] = Twin.LeaseRow(fence: fence, expiresAt: until, holder: life)
                self.workers[worker].grants[part] = Worker.Grant(fence: fence, validUntil: until)
                self.log("worker \(worker) takes the lease of \(part), fence \(fence)")
                return ServiceRun(worker: worker, part: part, fence: fence)
            }
            try await self.turn(player, after: .milliseconds(500))
        }
    }

    private func work(_ service: ServiceRun) async throws {
        var link = try await self.connect(service)
        switch service.part {
        case .ingestion:
            while !self.isOver {
                let isQuiet = try await self.ingest(service, &link)
                self.note(isQuiet, service)
                let news = try await self.prepareNews(service, &link)
                try await self.turn(service.player, after: .milliseconds(Int64(50 + self.chance.below(2000))))
                if let news, try await self.fetch(news, service, &link) { self.note(false, service) }
            }
        case .assignment:
            var memory = AssignmentMemory()
            try await self.unit(service, "recover") { $0.loseAll() }
            while !self.isOver {
                let isQuiet = try await self.assign(service, &link, &memory)
                self.note(isQuiet, service)
                try await self.turn(service.player, after: .milliseconds(Int64(50 + self.chance.below(2000))))
            }
        }
    }

    /// Whether a folder is left alone for an hour, since it changed its UIDVALIDITY again and again: no pass is complete meanwhile.
    var isHeldUp: Bool { self.twin.folders.contains { $0.record.trouble == .flips } }

    private func note(_ isQuiet: Bool, _ service: ServiceRun) {
        let former = self.quietPasses[service.part] ?? 0
        self.quietPasses[service.part] = isQuiet ? former + 1 : 0
        if !isQuiet { for part in LeasedPart.allCases where part != service.part { self.quietPasses[part] = 0 } }
    }
}
