import MailTransport

extension IMAPConnection {
    /// Greeting, log-in, CAPABILITY, ID and ENABLE.
    func open() async throws(IMAPError) {
        try await self.readGreeting()
        if !self.session.isAuthenticated { try await self.logIn() }
        if !self.session.hasCapabilities { try await self.askCapabilities() }
        try await self.exchangeIdentity()
        try await self.enableExtensions()
    }

    private func readGreeting() async throws(IMAPError) {
        guard self.configuration.endpoint.security != .startTLS else { return }
        let limit = self.timeouts.greeting
        self.startBudget(inactivity: limit, total: limit)
        guard case .response(let response) = try await self.nextEvent("greeting") else {
            throw self.poison(.protocolViolation("the first line is no greeting"), command: "greeting")
        }
        guard case .deliver(let greeting) = try self.take(response, verb: "greeting") else { return }
        // Over TLS the log-in is ours to do: a server that skips it is not the one we were told of.
        if case .preauthenticated = greeting, self.stream.isEncrypted {
            throw self.poison(.protocolViolation("the server claims we are logged in already"), command: "greeting")
        }
    }

    private func askCapabilities() async throws(IMAPError) {
        let completion = try await self.run("CAPABILITY")
        try self.requireOK(completion, verb: "CAPABILITY")
    }

    // MARK: - Log-in

    private func logIn() async throws(IMAPError) {
        if !self.session.hasCapabilities { try await self.askCapabilities() }
        let completion: SessionStateMachine.Completion
        if self.capabilities.contains(.authPlain) {
            completion = try await self.authenticatePlain()
        } else if self.capabilities.names("LOGINDISABLED") {
            throw IMAPError(.unsupported("a log-in with a password (LOGINDISABLED)"), command: "LOGIN")
        } else {
            completion = try await self.login()
        }
        guard completion.condition == .ok else { throw self.logInRefused(completion.text) }
        self.session.authenticated(with: completion.text.code)
    }

    private func login() async throws(IMAPError) -> SessionStateMachine.Completion {
        let user = Array(self.configuration.user.utf8)
        let password = self.configuration.password
        return try await self.run("LOGIN") { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.astring(user, isSecret: true)
            try encoder.astring(Array(password.reveal().utf8), isSecret: true)
        }
    }

    /// AUTHENTICATE PLAIN (RFC 4616), with the response in the command where SASL-IR (RFC 4959) allows it.
    private func authenticatePlain() async throws(IMAPError) -> SessionStateMachine.Completion {
        let verb = "AUTHENTICATE"
        guard let response = SASLPlain.response(user: self.configuration.user, password: self.configuration.password)
        else {
            throw IMAPError(.invalidArgument("the user or the password holds NUL"), command: verb)
        }
        let isInitial = self.capabilities.contains(.saslIR)
        let tag = self.session.nextTag()
        self.startBudget()
        self.wireLog.sent("\(tag) AUTHENTICATE PLAIN" + (isInitial ? " ‹redacted›" : ""))
        self.session.commandStarted(tag: tag, verb: verb)
        try await self.send(Array("\(tag) AUTHENTICATE PLAIN\(isInitial ? " \(response)" : "")\r\n".utf8), verb: verb)
        var isResponseSent = isInitial
        while true {
            guard case .response(let answer) = try await self.nextEvent(verb) else { continue }
            switch try self.take(answer, verb: verb) {
            case .continueCommand:
                // A second prompt cannot be answered with more than we have said: `*` ends the exchange.
                let line = isResponseSent ? "*" : response
                isResponseSent = true
                self.wireLog.sent("‹redacted›")
                try await self.send(Array("\(line)\r\n".utf8), verb: verb)
            case .complete(let completion):
                return completion
            case .deliver(let other):
                try self.noteUnasked(other, verb: verb)
            case .none, .fail:
                break
            }
        }
    }

    /// A log-in fails for a while, or until somebody changes something: the code tells which.
    private func logInRefused(_ text: ResponseText) -> IMAPError {
        let reason: IMAPError.Reason
        switch text.code {
        case .unavailable, .inUse, .limit, .throttled, .serverBug, .contactAdmin, .privacyRequired:
            reason = .refused(code: text.code, text: text.text)
        case .alert where text.text.lowercased().contains("too many"):
            reason = .refused(code: .limit, text: text.text)
        default:
            reason = .authenticationFailed(text.text)
        }
        return self.poison(reason, command: "LOGIN")
    }

    // MARK: - After the log-in

    /// ID (RFC 2971): some servers serve strangers worse.
    ///
    /// A refusal does not matter.
    private func exchangeIdentity() async throws(IMAPError) {
        guard self.capabilities.contains(.identity) else { return }
        let name = self.configuration.clientName
        var identity: [String: String] = [:]
        let completion = try await self.run("ID", using: .identity) {
            (encoder: inout CommandEncoder) throws(IMAPError) in
            let isPlain = name.utf8.allSatisfy { Byte.isAtom($0) }
            encoder.raw("(\"name\" \"\(isPlain ? name : "baton")\")")
        } collect: { response in
            guard case .identity(let pairs) = response else { return false }
            identity = pairs
            return true
        }
        if completion.refusal?.deniesLogIn == true { try self.requireOK(completion, verb: "LOGIN") }
        self.serverIdentity = identity
    }

    /// ENABLE (RFC 5161) of the strongest resynchronisation offered.
    ///
    /// Only the server's ENABLED counts as enabled. Without it SELECT (CONDSTORE) still gives modification sequences.
    private func enableExtensions() async throws(IMAPError) {
        guard let name = self.capabilities.extensionToEnable else { return }
        let completion = try await self.run("ENABLE", using: .enable) {
            (encoder: inout CommandEncoder) throws(IMAPError) in
            encoder.raw(name.rawValue)
        }
        if let refusal = completion.refusal {
            if refusal.deniesLogIn { try self.requireOK(completion, verb: "LOGIN") }
            if refusal.contradictsOffer { self.latch(.enable, because: "ENABLE was refused") }
        } else if !self.capabilities.isEnabled(name), name == .qresync {
            self.latch(name, because: "ENABLE was answered without ENABLED")
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
                guard case .response(let response) = try await self.nextEvent("LOGOUT") else { continue }
                if case .complete(let completion) = try self.take(response, verb: "LOGOUT"), completion.tag == tag {
                    break
                }
            }
        } catch {
            // The server hung up first, or is slow: either way the session is over.
        }
    }
}
