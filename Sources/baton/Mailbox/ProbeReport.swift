import Desk
import DeskStore
import IMAP

/// What a mail server offers to one mailbox, what Baton does with it, and what an administrator should mend.
struct ProbeReport: Equatable, Sendable {
    /// One folder of the server.
    struct Folder: Equatable, Sendable {
        let name: String
        let role: FolderRole
        let messages: Int?
        let isWatched: Bool

        /// INBOX first, then by name.
        var order: (Int, String) { (self.role == .inbox ? 0 : 1, self.name) }
    }

    /// One thing Baton wants of a server: what is offered for it, and what follows.
    struct Purpose: Equatable, Sendable {
        let key: String
        let title: String
        /// The extensions that serve it, and how each stands.
        let extensions: [IMAPExtension: ServerProfile.Standing]
        /// What Baton does, by the best that is usable.
        let consequence: String

        /// The names of those in use, in the order of the closed list.
        var used: [String] {
            IMAPExtension.allCases.filter { self.extensions[$0] == .used }.map(\.rawValue)
        }
    }

    /// An extension that is not used although the server may offer it.
    struct Off: Equatable, Sendable {
        let name: String
        /// nil: a person switched it off.
        let reason: String?
        /// nil: found out just now.
        let since: Timestamp?
    }

    let mailbox: String
    let server: String
    let identity: String?
    let logIn: String?
    let roundTrip: Duration?
    let tier: ServerProfile.Tier
    let prefix: String
    let delimiter: String?
    let purposes: [Purpose]
    let folders: [Folder]
    let keywords: KeywordFinding
    let layout: Layout?
    /// How the first agent's open ticket shows.
    let appearance: [String]
    /// Figures the server names: `APPEND up to 34 MiB`.
    let limits: [String]
    let off: [Off]
    /// What to mend, each with what to do.
    let fixes: [String]

    /// What is asked for besides the connection.
    struct Request: Sendable {
        let settings: MailboxSettings
        let agents: [AgentListing]
        let stored: [StoredExtension]
        /// INBOX may be opened for writing.
        let maySelect: Bool
        /// A keyword may be stored and taken away again.
        let mayTryKeywords: Bool
    }

    /// Longer than any keyword Baton writes, so that a server's limit of length is met as well.
    static let trialKeyword = "baton-probe-of-keywords-as-long-as-ours"

    static func make(over connection: IMAPConnection, _ request: Request) async throws -> ProbeReport {
        let namespaces = try await connection.namespaces()
        let listed = try await connection.listWithStatus()
        try await connection.noop()
        let keywords = try await KeywordFinding.find(connection, request)
        let handles = request.agents.compactMap { agent in
            // Stored handles were checked when they were added; one that is none names no folder.
            (try? Handle(agent.handle)).map { (handle: $0, agent: agent.id) }
        }
        let settings = request.settings
        let names = FolderNames(
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            agentsFolder: settings.agentsFolder,
            closedFolder: settings.closedFolder
        )
        let roles = names.roles(
            of: listed.map { folder in
                Desk.ListedFolder(
                    name: folder.name.display,
                    attributes: folder.attributes + [folder.specialUse].compactMap(\.self),
                    delimiter: folder.delimiter
                )
            },
            agents: handles
        )
        let profile = connection.profile
        let folders = zip(listed, roles).map { folder, role in
            Folder(
                name: folder.name.display,
                role: role,
                messages: folder.status?.messages,
                isWatched: folder.isSelectable && role.isWatched(archivesIntoAll: profile.archivesIntoAll)
            )
        }.sorted { $0.order < $1.order }
        let off = Self.off(profile, stored: request.stored)
        return ProbeReport(
            mailbox: settings.name,
            server: settings.server,
            identity: Self.identity(connection.serverIdentity),
            logIn: connection.logInName,
            roundTrip: connection.roundTrip,
            tier: profile.tier(allowsKeywords: keywords.areAllowed ?? true),
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            purposes: Self.purposes(
                profile,
                watched: folders.filter(\.isWatched).count,
                connections: settings.connections
            ),
            folders: folders,
            keywords: keywords,
            layout: settings.layout,
            appearance: Self.appearance(
                layout: settings.layout,
                names: names,
                agent: handles.first?.handle,
                allowsKeywords: keywords.areAllowed
            ),
            limits: Self.limits(connection.capabilities),
            off: off,
            fixes: Self.fixes(settings, profile, folders: folders, keywords: keywords, off: off)
        )
    }

    private static func identity(_ identity: [String: String]) -> String? {
        let words = [identity["name"], identity["version"], identity["vendor"]].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// What is switched off, with the date where it was stored before this connection.
    static func off(_ profile: ServerProfile, stored: [StoredExtension]) -> [Off] {
        let known = Set(stored.map(\.name))
        let fresh = profile.latches.filter { !known.contains($0.name.rawValue) }
            .map { Off(name: $0.name.rawValue, reason: $0.reason, since: nil) }
        return stored.map { Off(name: $0.name, reason: $0.reason, since: $0.since) } + fresh
    }
}

/// What was found out about keywords of one's own.
enum KeywordFinding: Equatable, Sendable {
    /// INBOX was opened read-only, which says nothing.
    case notAsked
    /// What SELECT said; nothing was stored.
    case said(Bool)
    case tried(KeywordTrial)

    /// nil: not known.
    var areAllowed: Bool? {
        switch self {
        case .notAsked: nil
        case .said(let areAllowed): areAllowed
        case .tried(.kept): true
        case .tried(.notOffered), .tried(.refused), .tried(.dropped), .tried(.readOnly): false
        case .tried(.noMail): true
        case .tried(.leftBehind): nil
        }
    }

    static func find(_ connection: IMAPConnection, _ request: ProbeReport.Request) async throws -> KeywordFinding {
        if request.mayTryKeywords {
            return .tried(try await connection.tryKeyword(ProbeReport.trialKeyword, in: .inbox))
        }
        let selected = try await connection.select(.inbox, readOnly: !request.maySelect)
        return request.maySelect ? .said(selected.allowsKeywords) : .notAsked
    }

    /// In a few words.
    var text: String {
        switch self {
        case .notAsked: "not asked; an observed mailbox is never written, see --help"
        case .said(true): "allowed, it says; --try-keywords would prove it"
        case .said(false), .tried(.notOffered): "not allowed, it says"
        case .tried(.kept):
            "kept: one of \(ProbeReport.trialKeyword.utf8.count) bytes was stored, read again and removed"
        case .tried(.noMail): "allowed, it says; INBOX holds no mail to try one on"
        case .tried(.readOnly): "not tried: INBOX is read-only for this user"
        case .tried(.refused(let text)): "refused: \(text)"
        case .tried(.dropped): "not kept: the server takes one and forgets it"
        case .tried(.leftBehind(let text)): "one may be left on a mail: \(text)"
        }
    }
}
