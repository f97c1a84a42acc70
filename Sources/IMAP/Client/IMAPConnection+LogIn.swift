import MailTransport

extension IMAPConnection {
    private static let authenticate = "AUTHENTICATE"

    /// Proves who we are, in the best way that is open, with one try.
    ///
    /// Throws `.authenticationFailed` where the server refuses it, `.unsupported` where no way is open.
    func logIn() async throws(IMAPError) {
        if !self.session.hasCapabilities { try await self.askCapabilities() }
        let (user, credential) = (self.configuration.user, self.configuration.credential)
        let refusals = self.configuration.logInRefusals
        let way = LogInPlan.way(self.capabilities, user: user, credential: credential, refusals: refusals)
        let completion: SessionStateMachine.Completion
        switch way {
        case .sasl(let mechanism): completion = try await self.authenticate(mechanism)
        case .command: completion = try await self.login()
        case nil: throw IMAPError(.unsupported(Self.missingWay(for: credential)), command: "LOGIN")
        }
        guard completion.condition == .ok else { throw self.logInRefused(completion.text) }
        self.logInMethod = way
        self.session.authenticated(with: completion.text.code)
        if refusals > 0, self.capabilities.contains(.authScram), way != .sasl(.scramSHA256) {
            await self.latch(.authScram, because: "SCRAM-SHA-256 was refused, another way accepted")
        }
    }

    private static func missingWay(for credential: Credential) -> String {
        switch credential {
        case .password: "a log-in with a password (LOGINDISABLED)"
        case .token: "a log-in with a token (XOAUTH2 or OAUTHBEARER)"
        }
    }

    @inline(never)
    private func login() async throws(IMAPError) -> SessionStateMachine.Completion {
        guard case .password(let password) = self.configuration.credential else {
            throw IMAPError(.unsupported(Self.missingWay(for: self.configuration.credential)), command: "LOGIN")
        }
        let user = Array(self.configuration.user.utf8)
        return try await self.run("LOGIN") { (encoder: inout CommandEncoder) throws(IMAPError) in
            try encoder.astring(user, isSecret: true)
            try encoder.astring(Array(password.reveal().utf8), isSecret: true)
        }
    }

    /// AUTHENTICATE, with the first message in the command where SASL-IR (RFC 4959) allows it.
    @inline(never)
    private func authenticate(_ mechanism: SASLMechanism) async throws(IMAPError) -> SessionStateMachine.Completion {
        var exchange = try self.exchangeBegan(mechanism)
        var abortion: String?
        while true {
            let turn = try await self.nextTurn(Self.authenticate)
            if let completion = try self.answered(turn, &exchange, &abortion) { return completion }
        }
    }

    @inline(never)
    private func exchangeBegan(_ mechanism: SASLMechanism) throws(IMAPError) -> SASLExchange {
        let verb = Self.authenticate
        let endpoint = self.configuration.endpoint
        var generator = SystemRandomNumberGenerator()
        let made = SASLExchange(
            mechanism,
            user: self.configuration.user,
            credential: self.configuration.credential,
            host: endpoint.host,
            port: endpoint.port,
            nonce: SASLExchange.nonce(using: &generator)
        )
        guard var exchange = made else {
            throw IMAPError(
                .invalidArgument("user or credential hold what \(mechanism.rawValue) cannot carry"),
                command: verb
            )
        }
        var initial = ""
        if self.capabilities.contains(.saslIR), let message = exchange.initialResponse() {
            initial = " " + (message.isEmpty ? "=" : Base64.encode(message))
        }
        let tag = self.session.nextTag()
        self.startBudget()
        self.wireLog.sent("\(tag) \(verb) \(mechanism.rawValue)" + (initial.isEmpty ? "" : " ‹redacted›"))
        self.session.commandStarted(tag: tag, verb: verb)
        self.stream.send(Array("\(tag) \(verb) \(mechanism.rawValue)\(initial)\r\n".utf8))
        return exchange
    }

    /// Answers a challenge; the end of the exchange where it is over.
    @inline(never)
    private func answered(
        _ turn: Turn,
        _ exchange: inout SASLExchange,
        _ abortion: inout String?
    ) throws(IMAPError) -> SessionStateMachine.Completion? {
        let verb = Self.authenticate
        switch turn {
        case .continueCommand(let text):
            guard abortion == nil else {
                throw self.poison(.protocolViolation("a prompt after the exchange was ended"), command: verb)
            }
            // `*` ends the exchange (RFC 9051 §6.2.2).
            var line = "*"
            switch exchange.received(challenge: Base64.decode(text.text.utf8)) {
            case .send(let message): line = Base64.encode(message)
            case .abort(let reason): abortion = reason
            }
            self.wireLog.sent("‹redacted›")
            self.stream.send(Array("\(line)\r\n".utf8))
            return nil
        case .complete(var completion):
            if let error = exchange.serverError, completion.condition != .ok { completion.text.text += " " + error }
            if let abortion, completion.condition != .ok {
                // The server only repeats that we gave up.
                completion.text = ResponseText(code: completion.text.code, text: abortion)
            }
            guard completion.condition != .ok || (abortion == nil && exchange.isServerProved) else {
                let reason = "the server did not prove that it knows the password"
                throw self.poison(.protocolViolation(abortion ?? reason), command: verb)
            }
            return completion
        }
    }

    /// A log-in fails for a while, or until somebody changes something: the code tells which.
    private func logInRefused(_ text: ResponseText) -> IMAPError {
        let reason: IMAPError.Reason
        switch text.code {
        case .unavailable, .inUse, .limit, .throttled, .serverBug, .contactAdmin, .privacyRequired:
            reason = .refused(code: text.code, text: text.text)
        case nil, .alert:
            reason =
                Throttling.isTooManyConnections(text.text)
                ? .refused(code: .limit, text: text.text) : .authenticationFailed(text.text)
        default:
            reason = .authenticationFailed(text.text)
        }
        return self.poison(reason, command: "LOGIN")
    }
}
