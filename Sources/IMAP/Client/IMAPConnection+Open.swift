import MailTransport

extension IMAPConnection {
    /// Greeting, log-in, CAPABILITY, ID and ENABLE.
    func open() async throws(IMAPError) {
        try await self.readGreeting()
        if !self.session.isAuthenticated { try await self.logIn() }
        if !self.session.hasCapabilities { try await self.askCapabilities() }
        try await self.introduce()
    }

    private func readGreeting() async throws(IMAPError) {
        guard self.configuration.endpoint.security != .startTLS else { return }
        let limit = self.timeouts.greeting
        self.startBudget(inactivity: limit, total: limit)
        while !(try self.takeBufferedGreeting()) { try await self.receive("greeting") }
    }

    /// False where more bytes are needed.
    @inline(never)
    private func takeBufferedGreeting() throws(IMAPError) -> Bool {
        guard let event = try self.bufferedEvent("greeting") else { return false }
        guard case .response(let response) = event else {
            throw self.poison(.protocolViolation("the first line is no greeting"), command: "greeting")
        }
        guard case .deliver(let greeting) = try self.take(response, verb: "greeting") else { return true }
        // Over TLS the log-in is ours to do: a server that skips it is not the one we were told of.
        if case .preauthenticated = greeting, self.stream.isEncrypted {
            throw self.poison(.protocolViolation("the server claims we are logged in already"), command: "greeting")
        }
        return true
    }

    func askCapabilities() async throws(IMAPError) {
        let completion = try await self.run("CAPABILITY")
        try self.requireOK(completion, verb: "CAPABILITY")
    }

    // MARK: - After the log-in

    /// ID (RFC 2971), since some servers serve strangers worse, and ENABLE (RFC 5161) of the strongest resynchronisation offered;
    /// both in one flight.
    ///
    /// A refused ID does not matter. Only the server's ENABLED counts as enabled; without it SELECT (CONDSTORE) still gives
    /// modification sequences.
    private func introduce() async throws(IMAPError) {
        var commands: [Asked] = []
        if self.capabilities.contains(.identity) {
            let name = self.configuration.clientName
            commands.append(
                Asked(verb: "ID", using: .identity) { (encoder: inout CommandEncoder) throws(IMAPError) in
                    let isPlain = name.utf8.allSatisfy { Byte.isAtom($0) }
                    encoder.raw("(\"name\" \"\(isPlain ? name : "baton")\")")
                }
            )
        }
        let enabled = self.capabilities.extensionToEnable
        if let enabled {
            commands.append(
                Asked(verb: "ENABLE", using: .enable) { (encoder: inout CommandEncoder) throws(IMAPError) in
                    encoder.raw(enabled.rawValue)
                }
            )
        }
        guard !commands.isEmpty else { return }
        var identity: [String: String] = [:]
        let completions = try await self.runTogether(commands, kind: .prologue) { response in
            guard case .identity(let pairs) = response else { return false }
            identity = pairs
            return true
        }
        self.serverIdentity = identity
        if let denial = completions.first(where: { $0.refusal?.deniesLogIn == true }) {
            try self.requireOK(denial, verb: "LOGIN")
        }
        guard let enabled, let completion = completions.last else { return }
        if completion.refusal?.contradictsOffer == true {
            await self.latch(.enable, because: "ENABLE was refused")
        } else if completion.condition == .ok, !self.capabilities.isEnabled(enabled), enabled == .qresync {
            await self.latch(enabled, because: "ENABLE was answered without ENABLED")
        }
    }

    // MARK: - The end

    /// LOGOUT, as a courtesy: bounded, and nobody hears of its failure.
    func logOut() async {
        guard self.isUsable, !Task.isCancelled else { return }
        let limit = self.timeouts.logout
        self.startBudget(inactivity: limit, total: limit)
        do {
            let tag = try await self.start("LOGOUT")
            while true {
                if case .complete(let completion) = try await self.nextTurn("LOGOUT"), completion.tag == tag { break }
            }
        } catch {
            // The server hung up first, or is slow: either way the session is over.
        }
    }
}
