import Desk
import IngestionPlan
import ModelMailServer

/// A connection to the mail server as `IMAPConnection` knows it: what is open, and how many messages it counts.
struct Link: Sendable {
    let session: ModelSessionID
    let service: ServiceRun
    var selected: Selection?
    var exists = 0
    /// Mails that the server said were gone since the connection stands.
    var removals = 0

    struct Selection: Sendable {
        let folder: String
        let isReadOnly: Bool
        let uidValidity: UInt32
        let permanent: ModelFlags
        let allowsKeywords: Bool
    }
}

/// What SELECT or EXAMINE showed.
struct Opened: Sendable {
    var view: FolderPlan.View
    var vanished: [ClosedRange<UInt32>] = []
    var changed: [ObservedFlags] = []
}

extension World {
    var tier: FolderPlan.Tier {
        if self.server.profile.offers(.qResync), !self.isQResyncOff { return .qresync }
        return self.server.profile.offers(.condStore) ? .condstore : .plain
    }

    func connect(_ service: ServiceRun) async throws -> Link {
        try await self.turn(service.player)
        if let former = self.workers[service.worker].sessions[service.part] { self.server.disconnect(former) }
        let session = self.server.connectLoggedIn()
        self.workers[service.worker].sessions[service.part] = session
        var link = Link(session: session, service: service)
        if self.server.profile.offers(.enable), self.tier != .plain {
            _ = try await self.send(.enable(self.tier == .qresync ? [.qResync] : [.condStore]), &link)
        }
        return link
    }

    /// Sends a command and waits for its answer; both may be lost on the way.
    func send(_ command: ModelCommand, _ link: inout Link) async throws -> [ModelResponse] {
        let player = link.service.player
        try await self.turn(player)
        if self.isStorm, self.chance.happens(self.options.faults) {
            self.server.disconnect(link.session)
            self.log("\(player) \(command): lost before it was sent")
            throw Fault.link(isSent: false)
        }
        guard self.server.isOpen(link.session) else { throw Fault.link(isSent: false) }
        self.laws.sends(command, link, self)
        let responses = self.server.perform(command, in: link.session)
        self.log("\(player) \(command) → \(responses.last.map { "\($0)" } ?? "nothing")")
        try await self.turn(player)
        if self.isStorm, self.chance.happens(self.options.faults) {
            self.server.disconnect(link.session)
            self.log("\(player): the answer is lost")
            throw Fault.link(isSent: true)
        }
        guard !responses.contains(.bye) else { throw Fault.link(isSent: true) }
        for response in responses { Self.count(response, &link) }
        return responses
    }

    private static func count(_ response: ModelResponse, _ link: inout Link) {
        switch response {
        case .exists(let count): link.exists = count
        case .expunge:
            link.removals += 1
            link.exists = max(0, link.exists - 1)
        case .vanished(let uids, false):
            link.removals += uids.count
            link.exists = max(0, link.exists - uids.count)
        default: break
        }
    }

    /// Opens a folder; nil: the server refuses.
    func open(
        _ folder: String,
        readOnly: Bool,
        resync: FolderCursor? = nil,
        _ link: inout Link
    ) async throws -> Opened? {
        link.selected = nil
        link.exists = 0
        let parameter: SelectParameter =
            resync.map { .qResync(uidValidity: $0.uidValidity, modSeq: $0.highestModSeq, known: nil) }
            ?? (self.tier == .plain ? .none : .condStore)
        let responses = try await self.send(.select(folder: folder, readOnly: readOnly, parameter: parameter), &link)
        guard case .completed(.ok, _)? = responses.last else { return nil }
        var opened = Opened(view: FolderPlan.View(uidValidity: 0, uidNext: nil, highestModSeq: nil, exists: 0))
        var permanent = ModelFlags()
        var allowsNew = false
        for response in responses {
            switch response {
            case .exists(let count): opened.view.exists = count
            case .ok(.uidValidity(let value)): opened.view.uidValidity = value
            case .ok(.uidNext(let value)): opened.view.uidNext = value
            case .ok(.highestModSeq(let value)): opened.view.highestModSeq = value
            case .ok(.permanentFlags(let flags, let isNew)):
                permanent = flags
                allowsNew = isNew
            case .vanished(let uids, _): opened.vanished += uids.ranges
            case .fetch(let fetch):
                if let uid = fetch.uid, let flags = fetch.flags {
                    opened.changed.append(self.observed(uid, flags, fetch.modSeq))
                }
            default: break
            }
        }
        link.selected = Link.Selection(
            folder: folder,
            isReadOnly: readOnly,
            uidValidity: opened.view.uidValidity,
            permanent: permanent,
            allowsKeywords: allowsNew
        )
        return opened
    }

    func observed(_ uid: UInt32, _ flags: ModelFlags, _ modSeq: UInt64?) -> ObservedFlags {
        ObservedFlags(uid: uid, flags: self.server.keywordTable.spellings(flags), modSeq: modSeq)
    }

    /// `UID FETCH (UID FLAGS)`.
    func fetchFlags(
        _ ranges: [ClosedRange<UInt32>],
        changedSince: UInt64? = nil,
        _ link: inout Link
    ) async throws -> FlagsListing {
        let items: FetchItems = self.tier == .plain ? [.flags] : [.flags, .modSeq]
        let removals = link.removals
        let responses = try await self.send(
            .fetch(Self.request(ranges), items, changedSince: changedSince, vanished: false),
            &link
        )
        var rows: [ObservedFlags] = []
        var vanished: [ClosedRange<UInt32>] = []
        for response in responses {
            switch response {
            case .fetch(let fetch):
                guard let uid = fetch.uid, let flags = fetch.flags, ranges.contains(where: { $0.contains(uid) }) else {
                    continue
                }
                rows.append(self.observed(uid, flags, fetch.modSeq))
            case .vanished(let uids, _): vanished += uids.ranges
            default: break
            }
        }
        let expunged = max(0, link.removals - removals - vanished.reduce(0) { $0 + $1.count })
        return FlagsListing(rows: rows, vanished: vanished, expunged: expunged, exists: link.exists)
    }

    /// What lists mail, with what identifies it under other UIDs.
    func fetchListing(
        _ ranges: [ClosedRange<UInt32>],
        identity: Bool,
        _ link: inout Link
    ) async throws -> [ListedMail] {
        var items: FetchItems = [.flags, .internalDate, .size]
        if self.tier != .plain { items.insert(.modSeq) }
        if identity { items.insert(.header) }
        items.formUnion(self.nameItems)
        let responses = try await self.send(
            .fetch(Self.request(ranges), items, changedSince: nil, vanished: false),
            &link
        )
        return responses.compactMap { response in
            guard case .fetch(let fetch) = response, let uid = fetch.uid, fetch.internalDate != nil else { return nil }
            var id: IDDigest?
            if case .header(let content) = fetch.body { id = SimulatedMail.id(self.mails[content.number].messageID) }
            return ListedMail(
                uid: uid,
                flags: fetch.flags.map { self.observed(uid, $0, nil).flags },
                modSeq: fetch.modSeq,
                arrival: fetch.internalDate.map { Timestamp(microseconds: $0 * 1_000_000) },
                size: fetch.size.map(Int64.init),
                messageID: id,
                emailID: Self.name(fetch),
                labels: self.options.bug == .labelsIgnored ? nil : fetch.gmailLabels
            )
        }
    }

    /// `UID SEARCH ALL`.
    func findUIDs(_ link: inout Link) async throws -> [UInt32] {
        let returns = self.server.profile.offers(.eSearch) ? ["ALL"] : nil
        return try await self.send(.search(SearchRequest(returns: returns)), &link).flatMap { response -> [UInt32] in
            switch response {
            case .search(.plain(let uids)): uids
            case .search(.extended(let uids, _, _)): uids.ranges.flatMap { Array($0) }
            default: []
            }
        }.sorted()
    }

    /// What asks for the server's own names of mails.
    var nameItems: FetchItems {
        if self.server.profile.offers(.objectID) { return .emailID }
        return self.server.profile.offers(.gmail) ? [.gmailMessageID, .gmailLabels] : []
    }

    static func name(_ fetch: ModelFetch) -> String? {
        fetch.emailID.map { "e:\($0.number)" } ?? fetch.gmailMessageID.map { "g:\($0)" }
    }

    static func request(_ ranges: [ClosedRange<UInt32>]) -> UIDRequest {
        UIDRequest(ranges.map { UIDRequest.Span($0.lowerBound, $0.upperBound) })
    }
}
