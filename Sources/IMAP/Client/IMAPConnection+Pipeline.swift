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
        var completions = [SessionStateMachine.Completion?](repeating: nil, count: commands.count)
        var pipeline = Pipeline()
        var places: [String: Int] = [:]
        var next = 0
        while true {
            while next < commands.count, pipeline.mayStart(kind) {
                let asked = commands[next]
                try await self.keepPace(asked.verb)
                let tag = self.session.nextTag()
                var encoder = CommandEncoder(tag: tag, verb: asked.verb, literals: self.capabilities.literalMode)
                try asked.build(&encoder)
                let command = encoder.finish()
                let waits = command.parts.count > 1
                guard pipeline.mayStart(kind, waitsForServer: waits) else { break }
                if pipeline.isEmpty { self.startBudget() }
                if waits {
                    completions[next] = try await self.transact(command, tag: tag, using: asked.using, collect: collect)
                } else {
                    self.wireLog.sent(command.log)
                    self.session.commandStarted(tag: tag, verb: asked.verb, using: asked.using)
                    for part in command.parts { try await self.send(part.bytes, verb: asked.verb) }
                    pipeline.started(tag: tag, kind)
                    places[tag] = next
                }
                next += 1
            }
            guard !pipeline.isEmpty, let verb = self.session.oldest?.verb else { break }
            guard case .response(let response) = try await self.nextEvent(verb) else { continue }
            switch try self.take(response, verb: verb) {
            case .none, .fail:
                break
            case .deliver(let response):
                if !collect(response) { try self.noteUnasked(response, verb: verb) }
            case .continueCommand:
                throw self.poison(.protocolViolation("unasked continuation"), command: verb)
            case .complete(let completion):
                pipeline.completed(tag: completion.tag)
                if let place = places.removeValue(forKey: completion.tag) { completions[place] = completion }
                self.startBudget()
            }
        }
        return completions.compactMap(\.self)
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
