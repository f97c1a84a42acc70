/// LIST, CREATE, DELETE, RENAME and SUBSCRIBE.
extension ModelServer {
    // MARK: - LIST

    mutating func list(_ request: ListRequest, in session: Int, into out: inout [ModelResponse]) {
        if request.isExtended {
            let needed: ServerProfile.Extensions = request.status == nil ? .listExtended : [.listExtended, .listStatus]
            guard self.profile.extensions.isSuperset(of: needed) else {
                self.finish(.bad, nil, in: session, into: &out)
                return
            }
        }
        if request.status?.contains(.highestModSeq) == true { self.enableCondStore(session) }
        var statuses: [ModelResponse] = []
        for var listed in self.listing() where Self.matches(listed.name, request.pattern, self.profile.delimiter) {
            if request.isExtended, self.profile.lies.extendedListOmitsInbox, listed.name == "INBOX" { continue }
            let folder = listed.id.flatMap { self.shown($0) }
            if request.isSubscribedOnly {
                guard folder?.isSubscribed == true else { continue }
            }
            listed.isSubscribed =
                (request.returnsSubscribed || request.isSubscribedOnly) && folder?.isSubscribed == true
            out.append(.list(listed))
            if let items = request.status, let folder, !folder.isNoSelect {
                statuses.append(.status(folder: folder.name, self.statusValues(folder, items)))
            }
        }
        out += statuses
        self.finish(.ok, nil, in: session, into: &out)
    }

    mutating func listSubscribed(_ pattern: String, in session: Int, into out: inout [ModelResponse]) {
        for var listed in self.listing() where Self.matches(listed.name, pattern, self.profile.delimiter) {
            guard let folder = listed.id.flatMap({ self.shown($0) }), folder.isSubscribed else { continue }
            listed.isLSub = true
            listed.specialUse = nil
            out.append(.list(listed))
        }
        self.finish(.ok, nil, in: session, into: &out)
    }

    /// All folders by name, INBOX first, with the names between them that are no folders.
    private func listing() -> [ListedModelFolder] {
        var listed = self.folderIDs.compactMap { id in self.shown(id).map { self.listed(id, $0) } }
        if self.profile.listsParents {
            var names = Set(listed.map(\.name))
            for name in listed.map(\.name) {
                for parent in self.parents(of: name) where names.insert(parent).inserted {
                    listed.append(
                        ListedModelFolder(name: parent, id: nil, isNoSelect: true, hasChildren: true)
                    )
                }
            }
        }
        return listed.sorted { ($0.name == "INBOX" ? "" : $0.name) < ($1.name == "INBOX" ? "" : $1.name) }
    }

    func listed(_ id: ModelFolderID, _ folder: ModelFolder) -> ListedModelFolder {
        let start = folder.name + String(self.profile.delimiter)
        return ListedModelFolder(
            name: folder.name,
            id: id,
            isNoSelect: folder.isNoSelect,
            hasChildren: self.folders.contains { $0?.name.hasPrefix(start) == true },
            specialUse: self.profile.offers(.specialUse) ? folder.specialUse : nil
        )
    }

    /// `a`, `a/b` of `a/b/c`.
    func parents(of name: String) -> [String] {
        name.indices.filter { name[$0] == self.profile.delimiter && $0 != name.startIndex }
            .map { String(name[..<$0]) }
    }

    /// Whether a name fits a pattern of `*` and `%` (RFC 9051 §6.3.9).
    static func matches(_ name: String, _ pattern: String, _ delimiter: Character) -> Bool {
        if pattern == "*" { return true }
        if !pattern.contains("*"), !pattern.contains("%") { return name == self.canonical(pattern) }
        return self.matches(name[...], pattern[...], delimiter)
    }

    private static func matches(_ name: Substring, _ pattern: Substring, _ delimiter: Character) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*":
            return name.indices.contains { self.matches(name[$0...], rest, delimiter) }
                || self.matches(name[name.endIndex...], rest, delimiter)
        case "%":
            var index = name.startIndex
            while true {
                if self.matches(name[index...], rest, delimiter) { return true }
                guard index < name.endIndex, name[index] != delimiter else { return false }
                index = name.index(after: index)
            }
        default:
            return name.first == first && self.matches(name.dropFirst(), rest, delimiter)
        }
    }

    // MARK: - Changes

    mutating func create(_ name: String, in session: Int, into out: inout [ModelResponse]) {
        var name = Self.canonical(name)
        if name.last == self.profile.delimiter { name.removeLast() }
        guard self.isValidName(name) else {
            self.finish(.no, self.profile.invalidNameCode, in: session, into: &out)
            return
        }
        guard self.folder(named: name) == nil else {
            self.finish(.no, self.profile.existingFolderCode, in: session, into: &out)
            return
        }
        if self.profile.createsParents {
            for parent in self.parents(of: name) where self.folder(named: parent) == nil {
                _ = self.makeFolder(parent)
            }
        }
        let id = self.makeFolder(name)
        if self.profile.createSubscribes { self.folders[id.number]?.isSubscribed = true }
        self.finish(.ok, self.profile.offers(.objectID) ? .mailboxID(id) : nil, in: session, into: &out)
    }

    private func isValidName(_ name: String) -> Bool {
        let delimiter = self.profile.delimiter
        guard !name.isEmpty, name.first != delimiter, !name.contains(where: { $0 == "*" || $0 == "%" }) else {
            return false
        }
        guard !self.profile.prefix.isEmpty, name != "INBOX" else { return true }
        return name.hasPrefix(self.profile.prefix) && name.utf8.count > self.profile.prefix.utf8.count
    }

    mutating func delete(_ name: String, in session: Int, into out: inout [ModelResponse]) {
        guard let id = self.folder(named: name), id != Self.inbox else {
            self.finish(.no, self.profile.missingFolderCode, in: session, into: &out)
            return
        }
        self.folders[id.number] = nil
        self.hidden[id] = nil
        self.finish(.ok, nil, in: session, into: &out)
    }

    mutating func rename(_ name: String, to new: String, in session: Int, into out: inout [ModelResponse]) {
        let new = Self.canonical(new)
        guard let id = self.folder(named: name) else {
            self.finish(.no, self.profile.missingFolderCode, in: session, into: &out)
            return
        }
        guard self.folder(named: new) == nil else {
            self.finish(.no, self.profile.existingFolderCode, in: session, into: &out)
            return
        }
        guard self.isValidName(new), id != Self.inbox else {
            self.finish(.no, self.profile.invalidNameCode, in: session, into: &out)
            return
        }
        let old = self.folders[id.number]?.name ?? ""
        let start = old + String(self.profile.delimiter)
        for index in self.folders.indices {
            guard let folder = self.folders[index] else { continue }
            if index == id.number {
                self.folders[index]?.name = new
            } else if folder.name.hasPrefix(start) {
                self.folders[index]?.name = new + folder.name.dropFirst(old.count)
            } else {
                continue
            }
            guard !self.profile.renameKeepsUIDValidity else { continue }
            let uidValidity = self.nextUIDValidity()
            self.folders[index]?.uidValidity = uidValidity
        }
        self.finish(.ok, nil, in: session, into: &out)
    }

    mutating func subscribe(_ name: String, _ value: Bool, in session: Int, into out: inout [ModelResponse]) {
        guard let id = self.folder(named: name) else {
            self.finish(value ? .no : .ok, value ? self.profile.missingFolderCode : nil, in: session, into: &out)
            return
        }
        self.folders[id.number]?.isSubscribed = value
        self.finish(.ok, nil, in: session, into: &out)
    }
}
