import Desk
import DeskStore
import IMAP

extension ProbeReport {
    /// Each thing Baton wants of a server, with what it does here.
    static func purposes(_ profile: ServerProfile, watched: Int, connections: Int) -> [Purpose] {
        [
            Self.purpose("news", "news", [.notify, .idle], profile, Self.waiting(profile, watched, connections)),
            Self.purpose("changes", "changes", [.qresync, .condStore], profile, Self.changes(profile)),
            Self.purpose("deletions", "deletions", [.qresync], profile, Self.deletions(profile)),
            Self.purpose("folders", "all folders", [.listStatus], profile, Self.sweep(profile)),
            Self.purpose("roles", "Sent, Junk …", [.specialUse], profile, Self.roles(profile)),
            Self.purpose("moving", "moving mail", [.move, .uidPlus], profile, Self.moving(profile)),
            Self.purpose("identity", "moved mail", [.objectID, .gmail], profile, Self.identity(profile)),
            Self.purpose("compression", "slow links", [.compress], profile, Self.compression(profile)),
        ]
    }

    private static func purpose(
        _ key: String,
        _ title: String,
        _ names: [IMAPExtension],
        _ profile: ServerProfile,
        _ consequence: String
    ) -> Purpose {
        Purpose(
            key: key,
            title: title,
            extensions: Dictionary(uniqueKeysWithValues: names.map { ($0, profile.standing(of: $0)) }),
            consequence: consequence
        )
    }

    private static func waiting(_ profile: ServerProfile, _ watched: Int, _ connections: Int) -> String {
        switch profile.waiting {
        case .notify: "one connection hears of all \(watched) watched folders"
        case .idle:
            connections > 3
                ? "\(connections - 2) folders are heard at once, the others looked at"
                : "INBOX is heard at once, the others are looked at"
        case .poll: "nothing is heard: all folders are looked at again and again"
        }
    }

    private static func changes(_ profile: ServerProfile) -> String {
        switch profile.changeDetection {
        case .qresync: "SELECT names what changed since last time"
        case .condStore: "FETCH names what changed since last time"
        case .compare: "the flags of all mail are compared"
        }
    }

    private static func deletions(_ profile: ServerProfile) -> String {
        switch profile.changeDetection {
        case .qresync: "SELECT names them; the count must agree"
        case .condStore: "a lower count betrays them, then UIDs are compared"
        case .compare: "found in the same comparison, if it is complete"
        }
    }

    private static func sweep(_ profile: ServerProfile) -> String {
        switch profile.sweep {
        case .listStatus: "one question for all"
        case .statusEach: "one question each, sent together"
        }
    }

    private static func roles(_ profile: ServerProfile) -> String {
        switch profile.folderRoles {
        case .specialUse: "known by the server's word"
        case .names: "known by their names"
        }
    }

    private static func moving(_ profile: ServerProfile) -> String {
        switch profile.moving {
        case .move:
            profile.provesMoves ? "one step, proved by the server" : "one step; the mail is recognised where it went"
        case .copyAndExpunge: "copied, proved, deleted by its UID"
        case .copyAndMark: "copied; the old one stays, marked as deleted"
        }
    }

    private static func identity(_ profile: ServerProfile) -> String {
        switch profile.identity {
        case .objectID: "recognised by the server's EMAILID"
        case .gmail: "recognised by Gmail's message number"
        case .digest: "recognised by Message-ID, date, size, then bytes"
        }
    }

    private static func compression(_ profile: ServerProfile) -> String {
        profile.standing(of: .compress) == .used ? "compressed where measured to be slow" : "sent as it is"
    }

    /// Figures that bound what Baton may ask at once.
    static func limits(_ offered: IMAPCapabilities) -> [String] {
        var limits = ["\(offered.longestSet) bytes of UIDs in a command"]
        if let count = offered.messageLimit { limits.append("\(count) messages in a command") }
        if let bytes = offered.appendLimit { limits.append("mails up to \(bytes / 1_048_576) MiB can be stored") }
        return limits
    }

    /// What an administrator should mend, the gravest first.
    static func fixes(
        _ settings: MailboxSettings,
        _ profile: ServerProfile,
        folders: [Folder],
        keywords: KeywordFinding,
        off: [Off]
    ) -> [String] {
        var fixes: [String] = []
        if keywords == .tried(.readOnly) {
            fixes.append(
                "INBOX is read-only for \(settings.username): give it the right to write, or keep --layout none"
            )
        }
        if keywords.areAllowed == false, settings.layout == .keywords {
            fixes.append(
                "the layout keywords cannot show owners here: baton mailbox edit \(settings.name) --layout folders"
            )
        }
        if case .tried(.leftBehind) = keywords {
            fixes.append("remove the keyword \(Self.trialKeyword) from the newest mail in INBOX, or run this again")
        }
        if !folders.contains(where: { $0.role == .sent }) {
            fixes.append(
                "no folder is known to hold sent mail, so answers from mail clients are not seen: mark one as \\Sent"
            )
        }
        if profile.archivesIntoAll, !folders.contains(where: { $0.role == .all && $0.isWatched }) {
            fixes.append(
                "All is not shown over IMAP, so archived mail counts as deleted: show it in the mailbox's own settings"
            )
        }
        if settings.isPlaintext {
            fixes.append("the connection has no TLS: use imaps:// or STARTTLS where it leaves this machine")
        }
        if profile.moving == .copyAndMark, settings.layout != nil {
            fixes.append("moved mail stays marked as deleted where it was: let clients hide or expunge deleted mail")
        }
        if settings.connections < 3, profile.waiting != .poll {
            fixes.append(
                "with 2 connections nothing is heard while mail is brought in: --connections 3 if the server allows"
            )
        }
        for one in off where one.reason != nil {
            fixes.append(
                "\(one.name) is latched off; once the server is mended: baton mailbox edit \(settings.name) --with \(one.name)"
            )
        }
        return fixes
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
        case .both where allowsKeywords == false:
            lines = [
                "\(owned) lie in \(folder), without keywords", "closed ones in \(names.closed), the rest in INBOX",
            ]
        case .both:
            lines = [
                "\(owned) lie in \(folder) and carry \(keyword)",
                "closed ones lie in \(names.closed), the rest in INBOX",
            ]
        }
        if allowsKeywords == false {
            let isNeeded = layout == .keywords
            lines.append(
                isNeeded
                    ? "the server allows no keywords of ours: use --layout folders"
                    : "the server allows no keywords of ours, so the layout can only be folders"
            )
        }
        return lines
    }
}
