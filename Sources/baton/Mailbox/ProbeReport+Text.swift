import Desk
import IMAP
import Rendering

extension ProbeReport {
    /// Folders named one by one; of more only the count is shown.
    private static let shownFolders = 12
    private static let least = 60
    /// What a screen holds where nobody says how wide it is.
    private static let usual = 100

    /// The report for people: one screen of 24 lines, 100 columns wide, where the server gives no more to say.
    func text(on terminal: Terminal) -> String {
        let width = max(Self.least, terminal.columns ?? Self.usual)
        var text = FieldList.text(self.head)
        text += "\n" + self.table.lines(on: terminal).map { $0 + "\n" }.joined() + "\n"
        for (title, lines) in self.sections {
            for (index, line) in lines.enumerated() where !line.isEmpty {
                text += Self.hanging(index == 0 ? title : "", line, width: width)
            }
        }
        return text
    }

    private var head: [(name: String, value: String)] {
        let way = self.roundTrip.map { ", \(ReadableTime.milliseconds($0)) away" } ?? ""
        let logIn = self.logIn.map { "by \($0)" } ?? "not asked for"
        let place = self.prefix.isEmpty ? "at the top" : "below \(self.prefix)"
        let separator = self.delimiter.map { "separated by \($0)" } ?? "of one level"
        return [
            ("server", "\(self.server)\(way)"), ("says it is", self.identity ?? "nothing"), ("log-in", logIn),
            ("so it counts as", Self.title(of: self.tier)), ("new folders", "\(place), \(separator)"),
            ("keywords", self.keywords.text),
        ]
    }

    static func title(of tier: ServerProfile.Tier) -> String {
        switch tier {
        case .qresync: "tier 1: tells what changed and what vanished (QRESYNC)"
        case .condStore: "tier 2: tells what changed (CONDSTORE)"
        case .keywords: "tier 3: tells neither; keywords are allowed"
        case .bare: "tier 4: tells neither, and allows no keywords"
        }
    }

    private var table: TextTable {
        TextTable(
            columns: [.init(title: "For"), .init(title: "Uses"), .init(title: "So", isFlexible: true)],
            rows: self.purposes.map { purpose in
                [purpose.title, purpose.used.isEmpty ? "–" : purpose.used.joined(separator: ", "), purpose.consequence]
            }
        )
    }

    private var sections: [(title: String, lines: [String])] {
        let unused = self.off.map { one in
            let date = one.since.map { " since \(ReadableTime.day($0))" } ?? ", just now"
            return "\(one.name)\(date): \(one.reason ?? "switched off by hand")"
        }
        return [
            ("agents see", self.appearance), ("folders", self.folderLines),
            ("limits", [self.limits.joined(separator: "; ")]),
            ("not used", unused), ("to mend", self.fixes),
        ]
    }

    private var folderLines: [String] {
        let watched = self.folders.filter(\.isWatched)
        let shown = watched.prefix(Self.shownFolders).map { folder in
            let count = folder.messages.map { " \($0)" } ?? ""
            return folder.name == folder.role.name || folder.role == .inbox
                ? "\(folder.name)\(count)" : "\(folder.name) (\(folder.role.name))\(count)"
        }
        let more = watched.count - shown.count
        let others = self.folders.count - watched.count
        var line = "watched: \(shown.joined(separator: ", "))"
        if more > 0 { line += " and \(more) more" }
        if others > 0 { line += "; not watched: \(others)" }
        // All is watched for this alone.
        let archived = "mail left in All alone was archived there: its ticket closes"
        return watched.contains { $0.role == .all } ? [line, archived] : [line]
    }

    /// A title and a text beside it, in lines of at most `width` columns, broken at blanks.
    private static func hanging(_ title: String, _ text: String, width: Int) -> String {
        let meter = ColumnMeter()
        let margin = "so it counts as  ".count
        var lines: [String] = []
        var line = ""
        for word in SafeText.line(text).split(separator: " ") {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if !line.isEmpty, meter.width(of: longer) > width - margin {
                lines.append(line)
                line = String(word)
            } else {
                line = longer
            }
        }
        lines.append(line)
        let blank = String(repeating: " ", count: margin)
        return lines.enumerated().map { index, line in
            (index == 0 ? title + blank.dropFirst(title.count) : blank) + line + "\n"
        }.joined()
    }

    /// The report for programs.
    var json: JSONText {
        .object([
            .init(name: "mailbox", value: .string(self.mailbox)),
            .init(name: "server", value: .string(self.server)),
            .init(name: "identity", value: .optional(self.identity)),
            .init(name: "log_in", value: .optional(self.logIn)),
            .init(name: "round_trip_microseconds", value: .optional(self.roundTrip.map(Self.microseconds))),
            .init(name: "tier", value: .string(Self.name(of: self.tier))),
            .init(name: "prefix", value: .string(self.prefix)),
            .init(name: "delimiter", value: .optional(self.delimiter)),
            .init(name: "keywords_allowed", value: self.keywords.areAllowed.map { .bool($0) } ?? .null),
            .init(name: "keywords_finding", value: .string(self.keywords.text)),
            .init(name: "layout", value: .string(LayoutChoice.text(self.layout))),
            .init(
                name: "purposes",
                value: .array(
                    self.purposes.map { purpose in
                        .object([
                            .init(name: "for", value: .string(purpose.key)),
                            .init(name: "uses", value: .strings(purpose.used)),
                            .init(name: "so", value: .string(purpose.consequence)),
                        ])
                    }
                )
            ),
            .init(name: "extensions", value: .object(self.extensionMembers)),
            .init(
                name: "off",
                value: .array(
                    self.off.map { one in
                        .object([
                            .init(name: "name", value: .string(one.name)),
                            .init(name: "reason", value: .optional(one.reason)),
                            .init(name: "since", value: .optional(one.since.map { $0.iso8601 })),
                        ])
                    }
                )
            ),
            .init(
                name: "folders",
                value: .array(
                    self.folders.map { folder in
                        .object([
                            .init(name: "name", value: .string(folder.name)),
                            .init(name: "role", value: .string(folder.role.name)),
                            .init(name: "messages", value: .optional(folder.messages.map { Int64($0) })),
                            .init(name: "watched", value: .bool(folder.isWatched)),
                        ])
                    }
                )
            ),
            .init(name: "appearance", value: .strings(self.appearance)),
            .init(name: "limits", value: .strings(self.limits)),
            .init(name: "fixes", value: .strings(self.fixes)),
        ])
    }

    /// How every extension that serves a purpose stands.
    private var extensionMembers: [JSONText.Member] {
        let all = self.purposes.reduce(into: [IMAPExtension: ServerProfile.Standing]()) {
            $0.merge($1.extensions) { $1 }
        }
        return IMAPExtension.allCases.compactMap { name in
            all[name].map { .init(name: name.rawValue, value: .string(Self.word(for: $0))) }
        }
    }

    private static func word(for standing: ServerProfile.Standing) -> String {
        switch standing {
        case .used: "used"
        case .notOffered: "not offered"
        case .lacks(let name): "needs \(name.rawValue)"
        case .notEnabled: "not enabled"
        case .switchedOff: "switched off"
        case .latched: "latched off"
        }
    }

    private static func name(of tier: ServerProfile.Tier) -> String {
        switch tier {
        case .qresync: "qresync"
        case .condStore: "condstore"
        case .keywords: "keywords"
        case .bare: "bare"
        }
    }

    private static func microseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    }
}
