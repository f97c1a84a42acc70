import Desk
import ModelMailServer

/// One simulation from its first step to rest.
package enum Simulation {
    /// What came of a simulation.
    package struct Outcome: Sendable {
        /// Its options.
        package let options: SimulationOptions
        /// The law that was broken; nil: none.
        package let violation: String?
        /// Turns that were taken.
        package let steps: Int
        /// Events that came of what people did in mail clients.
        package let gestures: Int
        /// Intents without an answer that were understood by looking.
        package let recovered: Int
        /// Whether the worker was ended before the step that was asked for.
        package let wasCrashed: Bool
        /// What happened, a line each; empty unless asked for.
        package let trace: [String]
    }

    /// Runs one; the same options lead to the same outcome.
    package static func run(_ options: SimulationOptions, isTracing: Bool = false) -> Outcome {
        let world = World(options, isTracing: isTracing)
        return world.assumeIsolated { world in
            world.play()
            return Outcome(
                options: options,
                violation: world.laws.violation,
                steps: world.steps,
                gestures: world.laws.gestures,
                recovered: world.laws.recovered,
                wasCrashed: world.wasCrashed,
                trace: world.trace
            )
        }
    }
}

extension World {
    /// From the first look at the mailbox to rest.
    func play() {
        self.furnish()
        self.startServices()
        if self.options.isCalm {
            self.playCalmly()
        } else {
            self.startPeople()
            self.storm()
        }
        self.rest()
        self.end()
    }

    private func furnish() {
        let prefix = self.names.prefix
        let uses: [(String, SpecialUse?)] = [
            ("Trash", .trash), ("Sent", .sent), ("Junk", .junk), ("Archive", .archive), ("Projects", nil),
        ]
        var folders = [ModelServer.inbox]
        for (name, use) in uses {
            folders.append(self.server.addFolder(prefix + name, specialUse: use, isSubscribed: true))
        }
        folders.removeLast()
        if self.options.showsAll {
            // What is delivered there was archived.
            folders.append(self.server.addFolder("[Gmail]/All Mail", specialUse: .all, isSubscribed: true))
        }
        for _ in 0..<self.options.adopted {
            // Most of what is there lies in INBOX.
            self.deliver(to: self.chance.happens(700) ? ModelServer.inbox : folders[self.chance.below(folders.count)])
        }
    }

    private func storm() {
        while self.steps < self.options.steps, self.laws.violation == nil {
            if self.options.crashAt > 0, self.steps + 1 == self.options.crashAt {
                self.wasCrashed = true
                if self.options.losesPower {
                    self.losePower()
                } else {
                    for worker in self.workers.indices { self.kill(worker) }
                }
            }
            if self.chance.happens(self.options.crashes) {
                let worker = self.chance.below(self.workers.count)
                switch (self.chance.happens(600), self.options.losesPower) {
                case (true, true): self.losePower()
                case (true, false): self.kill(worker)
                case (false, _): self.pause(worker, for: self.chance.one(of: [3, 40, 600]) ?? 40)
                }
            }
            if self.options.hasAdministrator, self.chance.happens(12) { self.administer() }
            if self.options.hasHaste { self.renumberInHaste() }
            if self.chance.happens(50) { self.server.reveal() }
            guard self.step() else { break }
        }
    }

    /// Lets the services work until nothing changes any more.
    func settle() {
        self.quietPasses = [:]
        let limit = self.steps + 8000
        while self.laws.violation == nil {
            self.server.reveal()
            let isQuiet = LeasedPart.allCases.allSatisfy { (self.quietPasses[$0] ?? 0) >= 3 }
            let isHeldUp = self.isHeldUp
            let isDue = self.twin.messages.contains { $0.touched != nil || !isHeldUp && $0.awaitSync != nil }
            // What is looked at at its time may be about to be written just now.
            let isWriting = self.twin.intents.contains { $0.closed == nil && !$0.isLost }
            if isQuiet, !isDue, !isWriting, !self.waiting.contains(where: { $0.player.worker == nil }) { return }
            guard self.step(), self.steps < limit else {
                return self.laws.breaks("9: the mailbox does not come to rest")
            }
        }
    }

    /// Lets all be done without those that are paused in the middle of a command, which then comes after all.
    private func settleWithoutPaused() {
        let paused = self.workers.indices.filter(self.isOutOfSteps)
        guard !paused.isEmpty, paused.count < self.workers.count else { return }
        for worker in self.workers.indices {
            if paused.contains(worker) {
                self.workers[worker].pausedUntilStep = .max
            } else {
                self.workers[worker].pausedUntil = nil
            }
        }
        self.settle()
    }

    private func rest() {
        self.isStorm = false
        for folder in self.server.folderIDs { self.server.setUnfetchable([], in: folder) }
        self.settleWithoutPaused()
        for worker in self.workers.indices { self.workers[worker].pausedUntil = nil }
        self.settle()
        guard self.laws.violation == nil else { return }
        self.laws.settled(self)
        // What was held for a time, lingered, or waited for its interval, is tried again.
        // Some of it waits again, for the hour of a hold. The flags in All are compared once a day, those elsewhere on such a server
        // twice an hour.
        let hours: Int64 = self.server.allMail == nil ? 2 : 9
        for _ in 0..<3 {
            self.tick(to: self.twin.now.advanced(by: .seconds(hours * 3600)))
            self.settle()
        }
        guard self.laws.violation == nil else { return }
        self.laws.rest(self)
        let (dump, events) = (self.server.dump(), self.twin.tickets.map(\.events.count))
        self.tick(to: self.twin.now.advanced(by: .seconds(1800)))
        self.settle()
        guard self.laws.violation == nil else { return }
        if self.server.dump() != dump { self.laws.breaks("9: Baton writes though nobody changed anything") }
        if self.twin.tickets.map(\.events.count) != events {
            self.laws.breaks("9: an event though nobody did anything")
        }
    }

    private func end() {
        self.isOver = true
        // Who waits for the lease waits twice.
        for _ in 0..<4 {
            let waiting = self.waiting
            self.waiting = []
            for waiter in waiting { waiter.continuation.resume(throwing: Fault.killed) }
            self.schedule.runJobs()
        }
    }
}
