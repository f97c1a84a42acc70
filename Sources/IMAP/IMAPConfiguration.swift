package import MailTransport

/// How to reach one mailbox by IMAP.
package struct IMAPConfiguration: Sendable {
    /// Where the server listens.
    package var endpoint: MailEndpoint
    /// The user to log in as.
    package var user: String
    /// What the user proves it with.
    package var credential: Credential
    /// Log-ins refused in a row before this one; the next one may take another way.
    package var logInRefusals: Int
    /// Asked before a connection is made, and told how it went; nil where nobody keeps account.
    package var keeper: (any ServerKeeper)?
    /// What a server may make us hold.
    @Shared package var limits: IMAPLimits
    /// How long the server may take.
    @Shared package var timeouts: IMAPTimeouts
    /// Extensions that are not used even where they are offered, and why.
    package var off: [IMAPExtension: ExtensionOff]
    /// What the connections to this server have learned of it.
    package var memory: ServerMemory
    /// How we name ourselves in ID.
    package var clientName: String

    /// A configuration from its parts.
    package init(
        endpoint: MailEndpoint,
        user: String,
        credential: Credential,
        limits: IMAPLimits = .default,
        timeouts: IMAPTimeouts = .default,
        off: [IMAPExtension: ExtensionOff] = [:],
        memory: ServerMemory = ServerMemory(),
        clientName: String = "baton"
    ) {
        self.endpoint = endpoint
        self.user = user
        self.credential = credential
        self.logInRefusals = 0
        self.limits = limits
        self.timeouts = timeouts
        self.off = off
        self.memory = memory
        self.clientName = clientName
    }
}

/// A large value that all copies of a configuration share until it is set.
@propertyWrapper
package struct Shared<Value: Sendable>: Sendable {
    private indirect enum Storage {
        case value(Value)
    }

    private var storage: Storage

    /// The value.
    package init(wrappedValue: Value) {
        self.storage = .value(wrappedValue)
    }

    /// The value; setting it leaves other copies as they are.
    package var wrappedValue: Value {
        get {
            switch self.storage {
            case .value(let value): value
            }
        }
        set { self.storage = .value(newValue) }
    }
}

/// A configuration that is kept once for all steps of a connection.
final class SharedConfiguration: Sendable {
    let configuration: IMAPConfiguration

    init(_ configuration: IMAPConfiguration) {
        self.configuration = configuration
    }
}

extension IMAPConfiguration {
    /// Tells the keeper of latches it does not know yet.
    func reportLatches() async {
        guard let keeper = self.keeper else { return }
        for latch in self.memory.takeUnsaved() { await keeper.contradicted(latch) }
    }
}

/// How long the server may take, by phase.
package struct IMAPTimeouts: Equatable, Sendable {
    /// Name look-up and TCP connect.
    package var connect: Duration
    /// The TLS handshake.
    package var tls: Duration
    /// The greeting: some servers make strangers wait, none this long.
    package var greeting: Duration
    /// Silence during a command.
    package var inactivity: Duration
    /// All waiting during a command, plus one second for each 64 KiB received.
    package var commandTotal: Duration
    /// LOGOUT, which is a courtesy.
    package var logout: Duration

    /// Limits as given, the others as by default.
    package init(
        connect: Duration = .seconds(15),
        tls: Duration = .seconds(15),
        greeting: Duration = .seconds(16),
        inactivity: Duration = .seconds(60),
        commandTotal: Duration = .seconds(60),
        logout: Duration = .seconds(2)
    ) {
        self.connect = connect
        self.tls = tls
        self.greeting = greeting
        self.inactivity = inactivity
        self.commandTotal = commandTotal
        self.logout = logout
    }

    /// What the product uses.
    package static let `default` = IMAPTimeouts()
}
