import Logging
import MailTransport

extension IMAPConnection {
    /// One of several commands that are sent before the first is answered.
    struct Asked {
        let verb: String
        var using: IMAPExtension?
        let build: (inout CommandEncoder) throws(IMAPError) -> Void
    }

    /// Sends commands of one kind, as many at once as ``Pipeline`` allows; their ends, in the order of `commands`.
    ///
    /// `collect` gets what belongs to nobody in particular, as in ``run(_:using:build:collect:)``; the answers themselves must tell which
    /// command they are for. A refused command does not stop the others.
    func runTogether(
        _ commands: [Asked],
        kind: Pipeline.Kind,
        collect: (Response) -> Bool
    ) async throws(IMAPError) -> [SessionStateMachine.Completion] {
        var flight = Flight(completions: Array(repeating: nil, count: commands.count))
        while true {
            try await self.startMore(commands, kind: kind, &flight, collect: collect)
            guard !flight.pipeline.isEmpty, let verb = self.session.oldest?.verb else { break }
            let turn = try await self.nextTurn(verb, collect: collect)
            try self.took(turn, &flight, verb)
        }
        return flight.completions.compactMap(\.self)
    }

    /// Commands of one kind that are under way together.
    private struct Flight {
        var pipeline = Pipeline()
        var completions: [SessionStateMachine.Completion?]
        /// Where each that was not answered stands among the commands, by its tag.
        var places: [String: Int] = [:]
        /// The first that was not sent.
        var next = 0
    }

    /// Sends as many as may be under way together.
    private func startMore(
        _ commands: [Asked],
        kind: Pipeline.Kind,
        _ flight: inout Flight,
        collect: (Response) -> Bool
    ) async throws(IMAPError) {
        while flight.next < commands.count, flight.pipeline.mayStart(kind) {
            let asked = commands[flight.next]
            try await self.keepPace(asked.verb)
            let command = try self.encode(asked.verb, asked.build)
            let waits = command.parts.count > 1
            guard flight.pipeline.mayStart(kind, waitsForServer: waits) else { break }
            if flight.pipeline.isEmpty { self.startBudget() }
            if waits {
                flight.completions[flight.next] = try await self.transact(command, using: asked.using, collect: collect)
            } else {
                self.began(command, using: asked.using)
                for part in command.parts { try await self.send(part.bytes, verb: asked.verb) }
                flight.pipeline.started(tag: command.tag, kind)
                flight.places[command.tag] = flight.next
            }
            flight.next += 1
        }
    }

    @inline(never)
    private func took(_ turn: Turn, _ flight: inout Flight, _ verb: String) throws(IMAPError) {
        guard case .complete(let completion) = turn else {
            throw self.poison(.protocolViolation("unasked continuation"), command: verb)
        }
        flight.pipeline.completed(tag: completion.tag)
        if let place = flight.places.removeValue(forKey: completion.tag) { flight.completions[place] = completion }
        self.startBudget()
    }

    // MARK: - Compression

    /// COMPRESS DEFLATE (RFC 4978) where the link is long and slow, the server offers it, and it is another machine.
    ///
    /// Decided by what was measured, on this connection or one before. Only between commands.
    func compressIfSlow() async throws(IMAPError) {
        guard !self.stream.isLocal, self.configuration.memory.link.isWorthCompressing else { return }
        try await self.compress()
    }

    /// Whether the connection is compressed.
    package var isCompressed: Bool { self.stream.isCompressed }

    /// COMPRESS DEFLATE, whatever the link is like; does nothing where it is not offered.
    func compress() async throws(IMAPError) {
        let verb = "COMPRESS"
        guard self.capabilities.contains(.compress), !self.stream.isCompressed, self.session.oldest == nil else {
            return
        }
        let completion = try await self.run(verb, using: .compress) {
            (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw("DEFLATE")
        }
        guard completion.condition == .ok else {
            return await self.latch(.compress, because: "COMPRESS was refused")
        }
        do {
            // What stands behind the answer is compressed already (imap-field-notes Q64).
            try self.stream.startCompression(after: self.reader.takeUnread())
        } catch {
            throw self.poison(.transport(error), command: verb)
        }
        self.logger.debug("the connection to the mail server is compressed")
    }
}
