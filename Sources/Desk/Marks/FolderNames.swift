/// A folder as the server lists it.
package struct ListedFolder: Hashable, Sendable {
    /// The full name, decoded.
    package let name: String
    /// The attributes: `\Sent`, `\Noselect` and so on (RFC 9051 §7.3.1).
    package let attributes: [String]
    /// What separates levels; nil where there are none.
    package let delimiter: String?

    /// Describes a folder.
    package init(name: String, attributes: [String], delimiter: String?) {
        self.name = name
        self.attributes = attributes
        self.delimiter = delimiter
    }
}

/// How folders are called, and what a folder stands for by its name.
package struct FolderNames: Hashable, Sendable {
    /// The personal namespace, as in `INBOX.`; often empty.
    package let prefix: String
    /// What separates levels; nil where there are none.
    package let delimiter: String?
    private let agentsFolder: String
    private let closedFolder: String

    /// Takes the names from the server's namespace and the mailbox's settings.
    package init(
        prefix: String,
        delimiter: String?,
        agentsFolder: String = "Agents",
        closedFolder: String = "Closed"
    ) {
        self.prefix = prefix
        self.delimiter = delimiter
        self.agentsFolder = agentsFolder
        self.closedFolder = closedFolder
    }

    /// The folder above the agents' folders; nil on a server without levels.
    package var agentsParent: String? {
        self.delimiter == nil ? nil : self.prefix + self.agentsFolder
    }

    /// The folder of an agent; on a server without levels the two words are joined by a hyphen.
    package func agent(_ handle: Handle) -> String {
        self.prefix + self.agentsFolder + (self.delimiter ?? "-") + handle.text
    }

    /// The folder of closed tickets.
    package var closed: String { self.prefix + self.closedFolder }

    /// Where spam goes if the server has no folder for it.
    package var junk: String { self.prefix + "Junk" }

    /// What each folder stands for, in the order given; `agents` holds handles and aliases.
    ///
    /// Baton's own names come first, then SPECIAL-USE (RFC 6154), then, for a role that no folder claims, the first folder with a
    /// usual name.
    package func roles(
        of folders: [ListedFolder],
        agents: [(handle: Handle, agent: Agent.ID)]
    ) -> [FolderRole] {
        let owners = Dictionary(
            agents.map { (self.agent($0.handle).lowercased(), $0.agent) },
            uniquingKeysWith: { first, _ in first }
        )
        var roles = folders.map { self.certainRole(of: $0, owners: owners) }
        for (role, names) in UsualFolderNames.all where !roles.contains(role) {
            let found = names.lazy.compactMap { name in
                folders.indices.first {
                    roles[$0] == nil && self.isSelectable(folders[$0]) && self.isCalled(name, folders[$0])
                }
            }
            if let index = found.first { roles[index] = role }
        }
        return roles.map { $0 ?? .other }
    }

    private func certainRole(of folder: ListedFolder, owners: [String: Agent.ID]) -> FolderRole? {
        let name = folder.name.lowercased()
        if name == "inbox" { return .inbox }
        guard self.isSelectable(folder) else { return .other }
        if name == self.closed.lowercased() { return .closed }
        if let owner = owners[name] { return .agent(owner) }
        for attribute in folder.attributes {
            switch attribute.lowercased() {
            case "\\sent": return .sent
            case "\\junk": return .junk
            case "\\trash": return .trash
            case "\\archive": return .archive
            case "\\drafts": return .drafts
            case "\\all": return .all
            default: continue  // attributes are an open set (RFC 5258 §3)
            }
        }
        return nil
    }

    private func isSelectable(_ folder: ListedFolder) -> Bool {
        !folder.attributes.contains { ["\\noselect", "\\nonexistent"].contains($0.lowercased()) }
    }

    /// Whether a folder of the first level (below the namespace, or below INBOX) has a name.
    private func isCalled(_ name: String, _ folder: ListedFolder) -> Bool {
        let full = folder.name.lowercased()
        let separator = folder.delimiter ?? self.delimiter ?? ""
        return [self.prefix.lowercased(), "", "inbox" + separator].contains { full == $0 + name }
    }
}

/// What mail clients call folders on servers that do not tell roles; lower case.
private enum UsualFolderNames {
    static let all: [(role: FolderRole, names: [String])] = [
        (
            .sent,
            [
                "sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete elemente",
                "gesendete objekte",
                "éléments envoyés", "messages envoyés", "envoyés", "enviados", "elementos enviados", "posta inviata",
                "inviata", "verzonden", "verzonden items", "itens enviados", "skickat", "skickade objekt", "sendt",
                "sendte elementer", "lähetetyt", "wysłane", "elementy wysłane", "odeslané", "odeslaná pošta",
                "отправленные", "送信済み", "送信済みメール", "已发送", "已发送邮件", "寄件備份", "보낸 편지함",
            ]
        ),
        (
            .junk,
            [
                "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "spamverdacht", "junk-e-mail",
                "courrier indésirable", "indésirables", "pourriel", "correo no deseado", "posta indesiderata",
                "ongewenste e-mail", "lixo eletrônico", "skräppost", "uønsket e-post", "uønsket mail", "roskaposti",
                "wiadomości-śmieci", "nevyžádaná pošta", "спам", "нежелательная почта", "迷惑メール", "垃圾邮件", "垃圾郵件",
                "스팸",
            ]
        ),
        (
            .trash,
            [
                "trash", "deleted items", "deleted messages", "deleted", "bin", "papierkorb", "gelöschte elemente",
                "gelöscht", "corbeille", "éléments supprimés", "papelera", "elementos eliminados", "cestino",
                "posta eliminata", "prullenbak", "verwijderde items", "lixeira", "itens excluídos", "papperskorgen",
                "borttaget", "papirkurv", "slettet post", "roskakori", "kosz", "elementy usunięte", "koš",
                "odstraněná pošta", "корзина", "удаленные", "ごみ箱", "ゴミ箱", "已删除", "已删除邮件", "휴지통",
            ]
        ),
        (
            .archive,
            [
                "archive", "archives", "archived", "archiv", "archivo", "archivio", "archief", "arquivo", "arkiv",
                "arkisto",
                "archiwum", "архив", "アーカイブ", "归档", "存档", "보관함",
            ]
        ),
        (
            .drafts,
            [
                "drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "rascunhos", "utkast",
                "kladder", "luonnokset", "szkice", "wersje robocze", "koncepty", "черновики", "下書き", "草稿", "草稿箱",
                "임시보관함",
            ]
        ),
    ]
}
