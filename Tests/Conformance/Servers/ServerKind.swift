package import LocalServers
import ModelMailServer

/// The servers that the scenarios run on.
package enum ServerKind: String, CaseIterable, Sendable {
    case dovecotSdbox = "dovecot-sdbox"
    case dovecotMaildir = "dovecot-maildir"
    case cyrus
    case courier
    case pymap
    case modelOfDovecot = "model-dovecot"
    case modelOfCyrus = "model-cyrus"
    case modelOfCourier = "model-courier"
    case modelOfPymap = "model-pymap"

    /// What the table calls it.
    package var title: String {
        switch self {
        case .dovecotSdbox: "Dovecot 2.3 sdbox"
        case .dovecotMaildir: "Dovecot 2.3 Maildir"
        case .cyrus: "Cyrus 3.6"
        case .courier: "Courier 5.0"
        case .pymap: "pymap 0.36"
        case .modelOfDovecot, .modelOfCyrus, .modelOfCourier, .modelOfPymap: "model: \(self.rawValue.dropFirst(6))"
        }
    }

    /// The model that is to go every scenario's way as this server does; nil for a model.
    package var model: ServerKind? {
        switch self {
        case .dovecotSdbox: .modelOfDovecot
        case .cyrus: .modelOfCyrus
        case .courier: .modelOfCourier
        case .pymap: .modelOfPymap
        case .dovecotMaildir, .modelOfDovecot, .modelOfCyrus, .modelOfCourier, .modelOfPymap: nil
        }
    }

    /// What the model is told to be; nil for a real server.
    var profile: ModelMailServer.ServerProfile? {
        switch self {
        case .modelOfDovecot: .dovecot
        case .modelOfCyrus: .cyrus
        case .modelOfCourier: .courier
        case .modelOfPymap: .pymap
        case .dovecotSdbox, .dovecotMaildir, .cyrus, .courier, .pymap: nil
        }
    }
}

extension ConformanceServer {
    private static let account = PrivateDovecot.User(name: "ann", password: "correct horse")

    /// Starts a server of this kind in `folder`, with one account whose mailbox is empty.
    ///
    /// - Parameters:
    ///   - kind: which.
    ///   - folder: holds all of it, and ends it.
    ///   - programs: where servers are that are not installed; needed for Cyrus, Courier and pymap.
    /// - Returns: the server, and what was found out about it.
    /// - Throws: what keeps it from starting.
    package static func start(
        _ kind: ServerKind,
        in folder: ServerFolder,
        programs: ServerPrograms? = nil
    ) async throws -> ConformanceServer {
        let port: Int
        var (user, password) = (Self.account.name, Self.account.password)
        switch kind {
        case .dovecotSdbox, .dovecotMaildir:
            port = try await PrivateDovecot.start(
                in: folder,
                format: kind == .dovecotSdbox ? .sdbox : .maildir,
                users: [Self.account],
                extraConfiguration: "auth_mechanisms = plain login scram-sha-256\n"
            ).imapPort
        case .cyrus, .courier, .pymap:
            guard let programs else { throw ConformanceError("\(kind.title) is not installed: run make conformance") }
            switch kind {
            case .cyrus: port = try await programs.startCyrus(in: folder, user: user, password: password)
            case .courier: port = try await programs.startCourier(in: folder, user: user, password: password)
            default: port = try await programs.startPymap(in: folder, user: user, password: password)
            }
        case .modelOfDovecot, .modelOfCyrus, .modelOfCourier, .modelOfPymap:
            (user, password) = ("ann", "secret")
            var model = ModelServer(profile: kind.profile ?? .dovecot)
            let prefix = model.profile.prefix
            for (name, use) in [("Sent", SpecialUse.sent), ("Trash", .trash)] {
                model.addFolder(prefix + name, specialUse: use, isSubscribed: true)
            }
            port = try ModelListener(model, account: ModelWire.Account(user: user, password: password)).port
        }
        return try await ConformanceServer(name: kind.title, port: port, user: user, password: password)
    }
}
