import Desk
import DeskStore
import IMAP

/// What a mail server offers to one mailbox, and what follows from it.
struct ProbeReport: Equatable, Sendable {
    /// One folder of the server.
    struct Folder: Equatable, Sendable {
        let name: String
        let role: String
        let messages: Int?
        let isWatched: Bool

        /// INBOX first, then by name.
        var order: (Int, String) { (self.role == FolderRole.inbox.name ? 0 : 1, self.name) }
    }

    /// One thing a server may offer.
    struct Feature: Equatable, Sendable {
        let name: String
        let isOffered: Bool
        /// What Baton does with it, or without it.
        let consequence: String
    }

    let server: String
    let identity: String?
    let prefix: String
    let delimiter: String?
    let features: [Feature]
    let folders: [Folder]
    /// nil: not known, because INBOX was opened read-only.
    let allowsKeywords: Bool?
    let layout: Layout?
    /// How the first agent's open ticket shows.
    let appearance: [String]

    static func make(
        over connection: IMAPConnection,
        settings: MailboxSettings,
        agents: [AgentListing],
        mayWrite: Bool
    ) async throws -> ProbeReport {
        let namespaces = try await connection.namespaces()
        let listed = try await connection.listWithStatus()
        let inbox = try await connection.select(.inbox, readOnly: !mayWrite)
        let handles = agents.compactMap { agent in
            // Stored handles were checked when they were added; one that is none names no folder.
            (try? Handle(agent.handle)).map { (handle: $0, agent: agent.id) }
        }
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
                    attributes: folder.attributes,
                    delimiter: folder.delimiter
                )
            },
            agents: handles
        )
        let allowsKeywords = mayWrite ? inbox.allowsKeywords : nil
        return ProbeReport(
            server: settings.server,
            identity: Self.identity(connection.serverIdentity),
            prefix: namespaces.personalPrefix.display,
            delimiter: namespaces.personalDelimiter,
            features: Self.features(connection.capabilities),
            folders: zip(listed, roles).map { folder, role in
                Folder(
                    name: folder.name.display,
                    role: role.name,
                    messages: folder.status?.messages,
                    isWatched: folder.isSelectable && Self.isWatched(role)
                )
            }
            .sorted { $0.order < $1.order },
            allowsKeywords: allowsKeywords,
            layout: settings.layout,
            appearance: Self.appearance(
                layout: settings.layout,
                names: names,
                agent: handles.first?.handle,
                allowsKeywords: allowsKeywords
            )
        )
    }

    private static func identity(_ identity: [String: String]) -> String? {
        let words = [identity["name"], identity["version"], identity["vendor"]].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// All and unknown folders are watched on request only (product.md, "Mail in").
    static func isWatched(_ role: FolderRole) -> Bool {
        switch role {
        case .inbox, .agent, .closed, .archive, .junk, .sent, .trash: true
        case .drafts, .all, .other: false
        }
    }

    static func features(_ offered: IMAPCapabilities) -> [Feature] {
        [
            Feature(
                name: "IDLE",
                isOffered: offered.hasIdle,
                consequence: offered.hasIdle ? "new mail is seen at once" : "new mail is looked for by polling"
            ),
            Feature(
                name: "QRESYNC",
                isOffered: offered.hasQResync,
                consequence: offered.hasQResync ? "only changes are fetched" : "deletions are found by comparing UIDs"
            ),
            Feature(
                name: "CONDSTORE",
                isOffered: offered.hasCondStore,
                consequence: offered.hasCondStore ? "changed flags are fetched" : "all flags are compared"
            ),
            Feature(
                name: "MOVE",
                isOffered: offered.hasMove,
                consequence: offered.hasMove ? "mail is moved in one step" : "mail is moved by COPY and deletion"
            ),
            Feature(
                name: "UIDPLUS",
                isOffered: offered.hasUIDPlus,
                consequence: offered.hasUIDPlus
                    ? "every move is proved by the server"
                    : "moves are recognised afterwards; without MOVE, moved mail stays marked as deleted"
            ),
            Feature(
                name: "SPECIAL-USE",
                isOffered: offered.hasSpecialUse,
                consequence: offered.hasSpecialUse
                    ? "Sent, Junk, Trash and Archive are known by the server's word"
                    : "Sent, Junk, Trash and Archive are known by their names"
            ),
            Feature(
                name: "LIST-STATUS",
                isOffered: offered.hasListStatus,
                consequence: offered.hasListStatus ? "all folders are looked at at once" : "one question a folder"
            ),
        ]
    }

    static func appearance(
        layout: Layout?,
        names: FolderNames,
        agent: Handle?,
        allowsKeywords: Bool?
    ) -> [String] {
        let example = agent.map { (folder: names.agent($0), keyword: "owner-\($0.text)", handle: $0.text) }
        let owned = example.map { "\($0.handle)'s tickets" } ?? "an agent's tickets"
        let folder = example?.folder ?? names.agentsParent.map { "a folder of the agent's own in \($0)" } ?? "Agents"
        let keyword = example?.keyword ?? "the keyword owner-HANDLE"
        var lines: [String]
        switch layout {
        case nil:
            let preview = allowsKeywords == false ? folder : "\(folder) and carry \(keyword)"
            lines = [
                "observed only: nothing is written; set a layout with `baton mailbox edit --layout`",
                "with --layout \(allowsKeywords == false ? "folders" : "both"), \(owned) would go to \(preview)",
            ]
        case .folders: lines = ["\(owned) lie in \(folder)", "closed ones in \(names.closed), the rest in INBOX"]
        case .keywords:
            lines = ["\(owned) stay in INBOX and carry \(keyword)", "closed ones lie in \(names.closed)"]
        case .both:
            lines = [
                "\(owned) lie in \(folder) and carry \(keyword)",
                "closed ones lie in \(names.closed), the rest in INBOX",
            ]
        }
        if allowsKeywords == false {
            let isNeeded = layout == .keywords || layout == .both
            lines.append(
                isNeeded
                    ? "the server allows no keywords of ours: use --layout folders"
                    : "the server allows no keywords of ours, so the layout can only be folders"
            )
        }
        return lines
    }

    /// The report for people.
    func text(on terminal: Terminal) -> String {
        var text = FieldList.text([
            ("server", self.server), ("says it is", self.identity ?? "nothing"),
            ("personal folders", self.prefix.isEmpty ? "at the top" : "below \(self.prefix)"),
            ("folder separator", self.delimiter ?? "none: folders have one level"),
            ("keywords", self.allowsKeywords.map { $0 ? "allowed" : "not allowed" } ?? "not asked (see --select)"),
        ])
        let features = TextTable(
            columns: [.init(title: "Extension"), .init(title: "Offered"), .init(title: "So")],
            rows: self.features.map { [$0.name, $0.isOffered ? "yes" : "no", $0.consequence] }
        )
        let folders = TextTable(
            columns: [
                .init(title: "Folder", isFlexible: true), .init(title: "Is"),
                .init(title: "Mails", alignment: .right), .init(title: "Watched"),
            ],
            rows: self.folders.map { folder in
                [
                    SafeText.line(folder.name), folder.role, folder.messages.map { String($0) } ?? "–",
                    folder.isWatched ? "yes" : "no",
                ]
            }
        )
        for table in [features, folders] {
            text += "\n" + table.lines(on: terminal).map { $0 + "\n" }.joined()
        }
        return text + "\n" + self.appearance.map { SafeText.line($0) + "\n" }.joined()
    }

    /// The report for programs.
    var json: JSONText {
        .object([
            .init(name: "server", value: .string(self.server)),
            .init(name: "identity", value: .optional(self.identity)),
            .init(name: "prefix", value: .string(self.prefix)),
            .init(name: "delimiter", value: .optional(self.delimiter)),
            .init(name: "keywords_allowed", value: self.allowsKeywords.map { .bool($0) } ?? .null),
            .init(name: "layout", value: .string(LayoutChoice.text(self.layout))),
            .init(
                name: "extensions",
                value: .object(self.features.map { .init(name: $0.name, value: .bool($0.isOffered)) })
            ),
            .init(
                name: "folders",
                value: .array(
                    self.folders.map { folder in
                        .object([
                            .init(name: "name", value: .string(folder.name)),
                            .init(name: "role", value: .string(folder.role)),
                            .init(name: "messages", value: .optional(folder.messages.map { Int64($0) })),
                            .init(name: "watched", value: .bool(folder.isWatched)),
                        ])
                    }
                )
            ),
            .init(name: "appearance", value: .strings(self.appearance)),
        ])
    }
}
