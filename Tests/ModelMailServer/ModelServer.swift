/// A mail server for one account, as a pure value: folders, mails, sessions, and the answers to typed commands.
///
/// 1. ``init(profile:)`` makes INBOX; ``connect()`` opens a session.
/// 2. ``perform(_:in:)`` runs one command whole and gives what the session reads, tagged answer included.
/// 3. Other sessions are told at their own next command, or through ``push(to:)`` while they IDLE or NOTIFY.
/// 4. ``deliver(_:to:flags:date:)`` and its like change the server from outside; ``dump()`` shows all of it.
///
/// No clock and no chance: ``now`` is set by the driver, who also chooses which session runs next. Copies are cheap.
package struct ModelServer: Sendable {
    /// What it offers and how it behaves.
    package var profile: ServerProfile
    /// The time, in seconds since 1970: what APPEND and delivery take as INTERNALDATE.
    package var now: Int64 = 1_700_000_000
    /// Every folder ever made, by ``ModelFolderID/number``; nil once deleted.
    package internal(set) var folders: [ModelFolder?] = []
    /// The bytes of every mail ever stored, by ``ModelContent/number``.
    package internal(set) var contents: [[UInt8]] = []
    /// The keywords ever heard of.
    package internal(set) var keywordTable = KeywordTable()
    var sessions: [ModelSession] = []
    /// Folders as clients still see them, while changes are hidden (Q29).
    var hidden: [ModelFolderID: ModelFolder] = [:]
    private var contentNumbers: [[UInt8]: ModelContent] = [:]
    private var lastUIDValidity: UInt32 = 1000
    private var lastMail = 0

    /// A server with an empty INBOX.
    package init(profile: ServerProfile = .dovecot) {
        self.profile = profile
        _ = self.makeFolder("INBOX")
        self.folders[0]?.isSubscribed = true
    }

    // MARK: - Names

    /// INBOX, which is always there.
    package static let inbox = ModelFolderID(number: 0)

    /// The folder of this name; INBOX in any case.
    package func folder(named name: String) -> ModelFolderID? {
        let name = Self.canonical(name)
        return self.folders.firstIndex { $0?.name == name }.map { ModelFolderID(number: $0) }
    }

    /// The folder, unless it was deleted.
    package func folder(_ id: ModelFolderID) -> ModelFolder? {
        self.folders.indices.contains(id.number) ? self.folders[id.number] : nil
    }

    /// Folders there are, by number.
    package var folderIDs: [ModelFolderID] {
        self.folders.indices.filter { self.folders[$0] != nil }.map { ModelFolderID(number: $0) }
    }

    static func canonical(_ name: String) -> String {
        name.utf8.count == 5 && name.lowercased() == "inbox" ? "INBOX" : name
    }

    mutating func makeFolder(_ name: String) -> ModelFolderID {
        self.lastUIDValidity += 1
        self.folders.append(ModelFolder(name: name, uidValidity: self.lastUIDValidity))
        return ModelFolderID(number: self.folders.count - 1)
    }

    mutating func nextMail() -> Int {
        self.lastMail += 1
        return self.lastMail
    }

    mutating func nextUIDValidity() -> UInt32 {
        self.lastUIDValidity += 1
        return self.lastUIDValidity
    }

    /// The number of these bytes: the same for the same bytes.
    package mutating func content(_ bytes: [UInt8]) -> ModelContent {
        if let known = self.contentNumbers[bytes] { return known }
        let content = ModelContent(number: self.contents.count)
        self.contents.append(bytes)
        self.contentNumbers[bytes] = content
        return content
    }

    /// The flags of these spellings; nil where the table of keywords is full.
    package mutating func flags(_ spellings: [String]) -> ModelFlags? {
        var flags = ModelFlags()
        for spelling in spellings {
            guard let flag = self.keywordTable.keyword(spelling) else { return nil }
            flags.insert(flag)
        }
        return flags
    }

    // MARK: - Sessions

    /// Opens a connection; the greeting is the wire's business.
    package mutating func connect() -> ModelSessionID {
        self.sessions.append(ModelSession())
        return ModelSessionID(number: self.sessions.count - 1)
    }

    /// Opens a connection that is logged in.
    package mutating func connectLoggedIn() -> ModelSessionID {
        let session = self.connect()
        self.sessions[session.number].phase = .authenticated
        return session
    }

    /// The connection is gone; whatever it was told is forgotten.
    package mutating func disconnect(_ session: ModelSessionID) {
        self.sessions[session.number] = ModelSession()
        self.sessions[session.number].phase = .ended
    }

    /// Whether the session can still be used.
    package func isOpen(_ session: ModelSessionID) -> Bool { self.sessions[session.number].phase != .ended }

    /// Whether the session waits in IDLE.
    package func isIdle(_ session: ModelSessionID) -> Bool { self.sessions[session.number].isIdle }

    /// The folder the session has open.
    package func selectedFolder(of session: ModelSessionID) -> ModelFolderID? {
        self.sessions[session.number].selected?.folder
    }

    /// How many mails the session believes its folder to hold.
    package func viewCount(of session: ModelSessionID) -> Int {
        self.sessions[session.number].selected?.view.count ?? 0
    }

    // MARK: - Commands

    /// Runs one command whole.
    ///
    /// - Returns: what the session reads, in order; the last is the tagged answer, but for IDLE, which answers
    ///   ``ModelResponse/continuation``, and where the server ends the session.
    package mutating func perform(_ command: ModelCommand, in session: ModelSessionID) -> [ModelResponse] {
        var out: [ModelResponse] = []
        let number = session.number
        guard self.sessions[number].phase != .ended else { return [.bye] }
        if self.sessions[number].isIdle, command != .done { return self.completed(.bad) }
        if self.sessions[number].phase == .notAuthenticated {
            self.performBeforeLogin(command, in: number, into: &out)
            return out
        }
        switch command {
        case .fetch, .search, .store, .copy, .move, .uidExpunge, .expunge, .close, .unselect, .check:
            self.performOnSelected(command, in: number, into: &out)
        case .done:
            guard self.sessions[number].isIdle else { return self.completed(.bad) }
            self.sessions[number].isIdle = false
            self.finish(.ok, nil, in: number, into: &out)
        default:
            self.performOnServer(command, in: number, into: &out)
        }
        return out
    }

    private func completed(_ condition: ModelCondition) -> [ModelResponse] { [.completed(condition, nil)] }

    private mutating func performBeforeLogin(
        _ command: ModelCommand,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        switch command {
        case .login(let isAccepted):
            if isAccepted { self.sessions[session].phase = .authenticated }
            out.append(.completed(isAccepted ? .ok : .no, isAccepted ? nil : .authenticationFailed))
        case .capability:
            out.append(.capability)
            out.append(.completed(.ok, nil))
        case .id where self.profile.offers(.id):
            out.append(.identity)
            out.append(.completed(.ok, nil))
        case .noop:
            out.append(.completed(.ok, nil))
        case .logout:
            self.logOut(session, into: &out)
        default:
            out.append(.completed(self.profile.unknownCommand, nil))
        }
    }

    private mutating func performOnServer(_ command: ModelCommand, in session: Int, into out: inout [ModelResponse]) {
        switch command {
        case .capability:
            out.append(.capability)
            self.finish(.ok, nil, in: session, into: &out)
        case .id:
            guard self.requires(.id, in: session, into: &out) else { return }
            out.append(.identity)
            self.finish(.ok, nil, in: session, into: &out)
        case .enable(let wanted):
            self.enable(wanted, in: session, into: &out)
        case .namespace:
            guard self.requires(.namespace, in: session, into: &out) else { return }
            out.append(.namespace)
            self.finish(.ok, nil, in: session, into: &out)
        case .list(let request):
            self.list(request, in: session, into: &out)
        case .lsub(let pattern):
            self.listSubscribed(pattern, in: session, into: &out)
        case .status(let folder, let items):
            self.status(folder, items, in: session, into: &out)
        case .select(let folder, let readOnly, let parameter):
            self.select(folder, readOnly: readOnly, parameter, in: session, into: &out)
        case .append(let folder, let flags, let date, let content):
            self.append(content, to: folder, flags: flags, date: date, in: session, into: &out)
        case .create(let folder):
            self.create(folder, in: session, into: &out)
        case .delete(let folder):
            self.delete(folder, in: session, into: &out)
        case .rename(let folder, let name):
            self.rename(folder, to: name, in: session, into: &out)
        case .subscribe(let folder):
            self.subscribe(folder, true, in: session, into: &out)
        case .unsubscribe(let folder):
            self.subscribe(folder, false, in: session, into: &out)
        case .idle:
            guard self.requires(.idle, in: session, into: &out) else { return }
            self.sessions[session].isIdle = true
            out.append(.continuation)
        case .notify(let request):
            self.notify(request, in: session, into: &out)
        case .noop:
            self.finish(.ok, nil, in: session, isNoop: true, into: &out)
        case .logout:
            self.logOut(session, into: &out)
        case .login:
            self.finish(.bad, nil, in: session, into: &out)
        case .unknown(let isKnownVerb):
            self.finish(isKnownVerb ? .bad : self.profile.unknownCommand, nil, in: session, into: &out)
        case .fetch, .search, .store, .copy, .move, .uidExpunge, .expunge, .close, .unselect, .check, .done:
            self.finish(.bad, nil, in: session, into: &out)
        }
    }

    private mutating func performOnSelected(
        _ command: ModelCommand,
        in session: Int,
        into out: inout [ModelResponse]
    ) {
        guard self.sessions[session].selected != nil else {
            out.append(.completed(self.profile.unknownCommand, nil))
            return
        }
        switch command {
        case .fetch(let uids, let items, let changedSince, let vanished):
            self.fetch(uids, items, changedSince: changedSince, vanished: vanished, in: session, into: &out)
        case .search(let request):
            self.search(request, in: session, into: &out)
        case .store(let uids, let operation, let flags, let isSilent, let unchangedSince):
            self.store(
                uids,
                operation,
                flags,
                isSilent: isSilent,
                unchangedSince: unchangedSince,
                in: session,
                into: &out
            )
        case .copy(let uids, let folder):
            self.transfer(uids, to: folder, isMove: false, in: session, into: &out)
        case .move(let uids, let folder):
            guard self.requires(.move, in: session, into: &out) else { return }
            self.transfer(uids, to: folder, isMove: true, in: session, into: &out)
        case .uidExpunge(let uids):
            guard self.requires(.uidPlus, in: session, into: &out) else { return }
            self.expunge(uids, in: session, into: &out)
        case .expunge:
            self.expunge(.all, in: session, into: &out)
        case .close:
            self.close(session, expunging: true, into: &out)
        case .unselect:
            guard self.requires(.unselect, in: session, into: &out) else { return }
            self.close(session, expunging: false, into: &out)
        case .check:
            self.finish(.ok, nil, in: session, isNoop: true, into: &out)
        default:
            self.finish(.bad, nil, in: session, into: &out)
        }
    }

    /// Whether the extension is offered; where not, the command is answered as an unknown one.
    mutating func requires(
        _ extensions: ServerProfile.Extensions,
        in session: Int,
        into out: inout [ModelResponse]
    ) -> Bool {
        if self.profile.offers(extensions) { return true }
        self.finish(self.profile.unknownCommand, nil, in: session, into: &out)
        return false
    }

    private mutating func logOut(_ session: Int, into out: inout [ModelResponse]) {
        self.disconnect(ModelSessionID(number: session))
        out.append(.bye)
        out.append(.completed(.ok, nil))
    }

    private mutating func enable(_ wanted: [Enabling], in session: Int, into out: inout [ModelResponse]) {
        guard self.requires(.enable, in: session, into: &out) else { return }
        var enabled: [Enabling] = []
        for name in wanted {
            let isOffered =
                switch name {
                case .condStore: self.profile.offers(.condStore)
                case .qResync: self.profile.offers(.qResync)
                case .imap4rev2: self.profile.offers(.imap4rev2) || self.profile.lies.enablesUnoffered
                case .utf8Accept: false
                }
            guard isOffered else { continue }
            enabled.append(name)
            switch name {
            case .condStore: self.enableCondStore(session)
            case .qResync:
                self.enableCondStore(session)
                self.sessions[session].hasQResync = true
            case .imap4rev2: self.sessions[session].hasRev2 = true
            case .utf8Accept: break
            }
        }
        if !self.profile.lies.omitsEnabled, !enabled.isEmpty || self.profile.lies.saysEnabledEmpty {
            out.append(.enabled(enabled))
        }
        self.finish(.ok, nil, in: session, into: &out)
    }

    mutating func enableCondStore(_ session: Int) {
        guard self.profile.offers(.condStore) else { return }
        self.sessions[session].hasCondStore = true
    }

    /// Tells the session what changed meanwhile, then ends the command.
    mutating func finish(
        _ condition: ModelCondition,
        _ code: ModelCode?,
        in session: Int,
        mayExpunge: Bool = true,
        isNoop: Bool = false,
        into out: inout [ModelResponse]
    ) {
        guard self.tell(session, mayExpunge: mayExpunge, isNoop: isNoop, into: &out) else { return }
        out.append(.completed(condition, code))
    }
}
