import MailTransport

extension IMAPConnection {
    private static let idle = "IDLE"
    /// After first news: more of it comes in the same packet.
    ///
    /// What comes later is read up to the end of the command.
    private static let drainTime = Duration.microseconds(200)
    /// For the end of the command after DONE.
    private static let doneTime = Duration.seconds(30)

    /// Waits for news of the selected folder: new or expunged mail, changed flags.
    ///
    /// They wait in ``takeUnsolicited()``.
    ///
    /// Ends at the first news but mail that ``onArrival`` is told of, after `timeout`, when `interrupt` returns, or when the task is
    /// cancelled; always with DONE, so the connection can go on, except after cancellation. `interrupt` must return when its task
    /// is cancelled, as waiting on a stream or a clock does. Throws `.unsupported` without IDLE: poll with ``noop()`` then.
    package func idle(
        upTo timeout: Duration,
        until interrupt: (@Sendable () async -> Void)? = nil
    ) async throws(IMAPError) -> IdleEnd {
        guard self.capabilities.hasIdle else { throw IMAPError(.unsupported("IDLE"), command: Self.idle) }
        guard let interrupt else { return try await self.idle(upTo: timeout, isInterruptible: false) }
        return try await self.idle(upTo: timeout, interruptedBy: interrupt)
    }

    private func idle(
        upTo timeout: Duration,
        interruptedBy interrupt: @escaping @Sendable () async -> Void
    ) async throws(IMAPError) -> IdleEnd {
        let waker = self.stream.waker
        let result: Result<IdleEnd, IMAPError> = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await interrupt()
                waker.wake()
            }
            let result: Result<IdleEnd, IMAPError>
            do throws(IMAPError) {
                result = .success(try await self.idle(upTo: timeout, isInterruptible: true))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            return result
        }
        return try result.get()
    }

    private func idle(upTo timeout: Duration, isInterruptible: Bool) async throws(IMAPError) -> IdleEnd {
        let deadline = ContinuousClock.now + timeout
        self.startBudget()
        _ = try await self.start(Self.idle, using: .idle)
        var machine = IdleStateMachine()
        while true {
            switch try self.takeBuffered(&machine, until: deadline) {
            case .wait(let limit):
                let reading = try await self.readStream(within: limit, verb: Self.idle)
                if let end = try self.waitEnded(reading, within: limit, &machine, isInterruptible) { return end }
            case .end(let end): return end
            case .unknown(let completion): try await self.idleRefused(completion)
            }
        }
    }

    // What follows is not async where it need not be: a connection in IDLE, where there are thousands, keeps the room of each step.

    /// How long the next wait may take.
    private static func limit(of machine: IdleStateMachine, until deadline: ContinuousClock.Instant) -> Duration {
        if machine.isDraining { return Self.drainTime }
        return machine.isIdling ? max(.zero, deadline - ContinuousClock.now) : Self.doneTime
    }

    /// What a wait means for the exchange; nil where it goes on.
    @inline(never)
    private func waitEnded(
        _ reading: MailStream.Reading,
        within limit: Duration,
        _ machine: inout IdleStateMachine,
        _ isInterruptible: Bool
    ) throws(IMAPError) -> IdleEnd? {
        var action = IdleStateMachine.Action.wait
        switch reading {
        case .bytes(let bytes):
            self.reader.feed(bytes)
        case .endOfStream:
            throw self.poison(.connectionLost, command: Self.idle)
        case .timedOut:
            guard machine.isIdling else { throw self.poison(.timedOut(after: limit), command: Self.idle) }
            action = machine.waitEnded(.timeout)
        case .woken:
            if isInterruptible { action = machine.waitEnded(.interrupted) }
        case .cancelled:
            if machine.isIdling { self.sendDone() }
            _ = self.poison(.cancelled, command: Self.idle)
            return .interrupted
        }
        if action == .sendDone { self.sendDone() }
        return nil
    }

    @inline(never)
    private func idleRefused(_ completion: SessionStateMachine.Completion) async throws(IMAPError) {
        await self.latch(.idle, because: "IDLE was refused")
        try self.requireOK(completion, verb: Self.idle)
    }

    /// What was among what is here already.
    private indirect enum Taken {
        /// Nothing that ends it: the next wait may be that long.
        case wait(Duration)
        /// The end of the exchange.
        case end(IdleEnd)
        /// A refusal that says the server does not know IDLE.
        case unknown(SessionStateMachine.Completion)
    }

    /// Handles what is here already.
    @inline(never)
    private func takeBuffered(
        _ machine: inout IdleStateMachine,
        until deadline: ContinuousClock.Instant
    ) throws(IMAPError) -> Taken {
        while let event = try self.bufferedEvent(Self.idle) {
            guard case .response(let response) = event else { continue }
            var action = IdleStateMachine.Action.wait
            switch try self.take(response, verb: Self.idle) {
            case .none, .fail:
                break
            case .continueCommand:
                // From here on an end of the connection says nothing about IDLE: links die while they are silent.
                self.session.isUnderWay(Self.idle)
                self.configuration.memory.answered(.idle)
                guard let next = machine.continuationReceived() else {
                    throw self.poison(.protocolViolation("unasked continuation"), command: Self.idle)
                }
                action = next
            case .deliver(let response):
                try self.noteUnasked(response, verb: Self.idle)
                if case .exists = response, let onArrival {
                    onArrival()
                } else if self.isNews(response) {
                    action = machine.newsReceived()
                }
            case .complete(let completion):
                if !machine.hasBegun, completion.refusal?.contradictsOffer == true { return .unknown(completion) }
                try self.requireOK(completion, verb: Self.idle)
                action = machine.completed()
            }
            switch action {
            case .wait, .drain: break
            case .sendDone: self.sendDone()
            case .finish(let end): return .end(end)
            }
        }
        return .wait(Self.limit(of: machine, until: deadline))
    }

    private func sendDone() {
        self.wireLog.sent("DONE")
        self.stream.send(Array("DONE\r\n".utf8))
    }

    /// NOTIFY (RFC 5465): from now on the server tells of changes in the selected folder and in `folders`, and of folders that are
    /// made, renamed or deleted; all of it ends a wait in ``idle(upTo:until:)``.
    ///
    /// False where the server refuses what it offers, which is latched off. Throws `.unsupported` without NOTIFY.
    package func notify(of folders: [FolderName]) async throws(IMAPError) -> Bool {
        let verb = "NOTIFY"
        guard self.capabilities.hasNotify else { throw IMAPError(.unsupported(verb), command: verb) }
        let events = "(MessageNew MessageExpunge FlagChange)"
        let isShort = folders.reduce(0) { $0 + $1.raw.count + 3 } <= self.capabilities.longestSet
        let completion = try await self.run(verb, using: .notify) { (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw("SET (SELECTED \(events))")
            if folders.isEmpty {
                encoder.raw("(PERSONAL (MailboxName))")
            } else if isShort {
                encoder.raw("(MAILBOXES")
                try encoder.folders(folders)
                encoder.raw("\(events)) (PERSONAL (MailboxName))")
            } else {
                encoder.raw("(PERSONAL (MessageNew MessageExpunge FlagChange MailboxName))")
            }
        }
        guard try self.isUnderstood(completion, verb: verb) else {
            await self.latch(.notify, because: "NOTIFY was refused")
            return false
        }
        self.hasNotifyOverflowed = false
        return true
    }

    /// Whether the server gave up telling, since there was too much to tell: everything must be looked at, and
    /// ``notify(of:)`` called again.
    ///
    /// Forgets it.
    package func takeNotifyOverflow() -> Bool {
        defer { self.hasNotifyOverflowed = false }
        return self.hasNotifyOverflowed
    }

    private func isNews(_ response: Response) -> Bool {
        switch response {
        case .exists, .expunge, .vanished, .fetch, .status, .list:
            return true
        case .condition(_, let text):
            guard text.code == .notificationOverflow else { return false }
            self.hasNotifyOverflowed = true
            return true
        case .continuation, .tagged, .preauthenticated, .bye, .capability, .enabled, .recent, .flags, .subscribed,
            .search,
            .quota, .quotaRoots, .namespace, .identity, .ignored, .unreadable:
            return false
        }
    }
}
