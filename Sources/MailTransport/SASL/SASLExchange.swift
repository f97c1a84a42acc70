import Crypto

/// One SASL exchange as the client: what to say first, and what to answer to each challenge; free of I/O.
///
/// Messages are bytes before base64; the protocol that carries them encodes them.
package struct SASLExchange: Sendable {
    /// What to do with a challenge.
    package enum Step: Equatable, Sendable {
        case send([UInt8])
        /// End the exchange as the protocol does, such as with `*`; the text says why and holds no secret.
        case abort(String)
    }

    private enum State: Sendable {
        /// One message, which is all there is to say.
        case single([UInt8], isSent: Bool)
        case oauth([UInt8], isSent: Bool, farewell: [UInt8])
        case login(user: [UInt8], password: [UInt8], prompts: Int)
        case scram(SCRAM<SHA256>, steps: Int)
    }

    /// Which one.
    package let mechanism: SASLMechanism
    private var state: State
    /// What the server said of a token it refuses: JSON of RFC 7628 §3.2.2.
    ///
    /// Escape it before showing it.
    package private(set) var serverError: String?

    /// An exchange, or nil where the mechanism cannot carry this user and credential: NUL in PLAIN, ^A in the OAuth mechanisms,
    /// more than printable ASCII in SCRAM, a password where a token is needed.
    ///
    /// `host` and `port` are what we connected to (RFC 7628 §3.1); `nonce` is SCRAM's, fresh and random.
    package init?(
        _ mechanism: SASLMechanism,
        user: String,
        credential: Credential,
        host: String = "",
        port: Int = 0,
        nonce: String
    ) {
        self.mechanism = mechanism
        switch (mechanism, credential) {
        case (.plain, .password(let password)):
            let (user, password) = (Array(user.utf8), Array(password.reveal().utf8))
            guard !user.contains(0), !password.contains(0) else { return nil }
            self.state = .single([0] + user + [0] + password, isSent: false)
        case (.login, .password(let password)):
            self.state = .login(user: Array(user.utf8), password: Array(password.reveal().utf8), prompts: 0)
        case (.scramSHA256, .password(let password)):
            guard let scram = SCRAM<SHA256>(user: user, password: password, nonce: nonce) else { return nil }
            self.state = .scram(scram, steps: 0)
        case (.xoauth2, .token(let token)):
            let text = "user=\(user)\u{1}auth=Bearer \(token.reveal())\u{1}\u{1}"
            guard Self.isToken(token), !user.utf8.contains(1) else { return nil }
            self.state = .oauth(Array(text.utf8), isSent: false, farewell: [])
        case (.oauthBearer, .token(let token)):
            guard Self.isToken(token), !user.utf8.contains(1) else { return nil }
            let name = user.replacing("=", with: "=3D").replacing(",", with: "=2C")
            let text = "n,a=\(name),\u{1}host=\(host)\u{1}port=\(port)\u{1}auth=Bearer \(token.reveal())\u{1}\u{1}"
            self.state = .oauth(Array(text.utf8), isSent: false, farewell: [1])
        case (.plain, .token), (.login, .token), (.scramSHA256, .token), (.xoauth2, .password),
            (.oauthBearer, .password):
            return nil
        }
    }

    /// A fresh nonce.
    package static func nonce(using generator: inout some RandomNumberGenerator) -> String {
        SCRAM<SHA256>.randomNonce(using: &generator)
    }

    /// What to send with the command, where the protocol can carry it (SASL-IR); nil where the server speaks first.
    ///
    /// What was sent with the command is not sent again.
    package mutating func initialResponse() -> [UInt8]? {
        switch self.state {
        case .single(let message, isSent: false):
            self.state = .single(message, isSent: true)
            return message
        case .oauth(let message, isSent: false, let farewell):
            self.state = .oauth(message, isSent: true, farewell: farewell)
            return message
        case .scram(let scram, steps: 0):
            self.state = .scram(scram, steps: 1)
            return scram.clientFirst
        case .single, .oauth, .login, .scram:
            return nil
        }
    }

    /// Takes a challenge, decoded; nil where it was no base64.
    package mutating func received(challenge: [UInt8]?) -> Step {
        switch self.state {
        case .single(let message, let isSent):
            guard !isSent else { return .abort("a second prompt") }
            self.state = .single(message, isSent: true)
            return .send(message)
        case .oauth(let message, let isSent, let farewell):
            guard isSent else {
                self.state = .oauth(message, isSent: true, farewell: farewell)
                return .send(message)
            }
            // The token is refused; the answer only asks the server to say so (RFC 7628 §3.2.3).
            guard self.serverError == nil else { return .abort("a second prompt") }
            self.serverError = challenge.map { String(decoding: $0.prefix(1024), as: UTF8.self) } ?? ""
            return .send(farewell)
        case .login(let user, let password, let prompts):
            // Servers ask in many words; the order is always this.
            guard prompts < 2 else { return .abort("a third prompt") }
            self.state = .login(user: user, password: password, prompts: prompts + 1)
            return .send(prompts == 0 ? user : password)
        case .scram(let scram, let steps):
            return self.received(challenge, scram, steps: steps)
        }
    }

    private mutating func received(_ challenge: [UInt8]?, _ former: SCRAM<SHA256>, steps: Int) -> Step {
        guard let challenge else { return .abort("a challenge that is no base64") }
        var scram = former
        do {
            let answer: [UInt8]
            switch steps {
            case 0: answer = scram.clientFirst
            case 1: answer = try scram.received(serverFirst: challenge)
            case 2:
                try scram.received(serverFinal: challenge)
                answer = []
            default: return .abort("more challenges than SCRAM has")
            }
            self.state = .scram(scram, steps: steps + 1)
            return .send(answer)
        } catch {
            return .abort(error.text)
        }
    }

    /// Whether the server's consent may be believed: always, but in SCRAM, where the server has to prove itself first.
    package var isServerProved: Bool {
        if case .scram(let scram, _) = self.state { return scram.isServerProved }
        return true
    }

    /// RFC 6750 §2.1 `b64token`, and no more.
    private static func isToken(_ token: Secret) -> Bool {
        let bytes = token.reveal().utf8
        return !bytes.isEmpty && bytes.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
