import Crypto
import Desk
import DeskStore
import IMAP
import IngestionPlan

/// Takes the bodies of one FETCH as they stream in: most are kept whole, to be written with their placements; large
/// ones go to the content store in pieces, so that memory is bounded by settings and not by the mail.
///
/// The digest is of every byte of `BODY[]`, also of those that are not kept.
struct BodyCollector: ~Copyable {
    /// Above this many bytes only the beginning is kept.
    static let keptLimit = 256 * 1024 * 1024
    /// How much of a mail above the limit is kept, in bytes.
    static let keptOfLarge = 1024 * 1024
    /// Mails up to this many bytes are kept whole while there is room, and those of one row always.
    static let wholeLimit = 1024 * 1024
    /// Bytes of mails that are kept whole, unless each fits into one row.
    static let room = FetchWindow.bytes
    /// A large mail goes to the content store in pieces of so many bytes, each a unit of its own.
    private static let piece = 4 * ContentQueries.inlineLimit

    private let store: ContentStore
    private(set) var placements: [SeenPlacement] = []
    /// Mails in memory, each once.
    private(set) var whole: [WholeMail] = []
    private var held = 0
    private var open: OpenBody?

    private struct OpenBody {
        var hash = SHA256()
        var buffer: [UInt8] = []
        var size = 0
        var kept = 0
        var declared: Int
        var isWhole: Bool
        var content: Int64?
        var chunks = 0
    }

    init(store: ContentStore) {
        self.store = store
    }

    /// Takes the next event of a FETCH.
    mutating func take(_ event: BodyEvent) async throws {
        switch event {
        case .begin(_, let size):
            let isWhole =
                size <= ContentQueries.inlineLimit || size <= Self.wholeLimit && self.held + size <= Self.room
            self.open = OpenBody(declared: size, isWhole: isWhole)
            if isWhole { self.held += size }
        case .bytes(let bytes):
            try await self.append(bytes)
        case .abandoned:
            if let content = self.open?.content { try await self.store.discard(content) }
            self.open = nil
        case .end(let summary, let state):
            let digest = try await self.finish(state)
            self.placements.append(
                SeenPlacement(
                    uid: summary.uid,
                    digest: digest,
                    flags: summary.flags ?? [],
                    modSeq: summary.modSeq,
                    internalDate: summary.internalDate.map { Timestamp(microseconds: $0) },
                    size: summary.size,
                    emailID: summary.objectID?.text
                )
            )
        }
    }

    private mutating func append(_ bytes: MailBytes) async throws {
        guard var body = self.open.take() else { return }
        bytes.withUnsafeBytes { body.hash.update(bufferPointer: $0) }
        body.size += bytes.count
        let limit = body.declared > Self.keptLimit ? Self.keptOfLarge : Self.keptLimit
        if body.kept < limit {
            let kept = min(bytes.count, limit - body.kept)
            if body.buffer.capacity == 0 {
                body.buffer.reserveCapacity(min(body.declared, body.isWhole ? .max : Self.piece + bytes.count))
            }
            body.buffer.append(bytes, limit: kept)
            body.kept += kept
        }
        if !body.isWhole, body.buffer.count >= Self.piece { try await self.flush(&body) }
        self.open = body
    }

    /// Writes what has come of a large mail: whole chunks, and what is left of it at its end.
    ///
    /// Portions come as the server sends them; a chunk that is not full in the middle of a mail would end it for who reads it.
    private func flush(_ body: inout OpenBody, isEnd: Bool = false) async throws {
        let limit = ContentQueries.inlineLimit
        let count = isEnd ? body.buffer.count : body.buffer.count / limit * limit
        let content: Int64
        if let begun = body.content { content = begun } else { content = try await self.store.begin() }
        body.content = content
        try await self.store.append(Array(body.buffer.prefix(count)), to: content, ordinal: body.chunks)
        body.chunks += (count + limit - 1) / limit
        body.buffer.removeFirst(count)
    }

    private mutating func finish(_ state: BodyState) async throws -> [UInt8]? {
        guard case .complete = state else {
            self.open = nil
            return nil
        }
        var body = self.open.take() ?? OpenBody(declared: 0, isWhole: true)
        let digest = Array(body.hash.finalize())
        guard !body.isWhole else {
            self.whole.append(WholeMail(digest: digest, body: body.buffer))
            return digest
        }
        if !body.buffer.isEmpty || body.content == nil { try await self.flush(&body, isEnd: true) }
        let note = body.kept < body.size ? "too large: the first \(body.kept) of \(body.size) bytes are kept" : nil
        if let content = body.content {
            try await self.store.complete(content, digest: digest, size: Int64(body.kept), note: note)
        }
        return digest
    }
}

/// The content store as one lease holder writes it.
struct ContentStore: Sendable {
    let database: DeskDatabase
    let lease: LeaseGrant

    func begin() async throws -> Int64 {
        try await self.database.unit(under: self.lease) { unit in
            try ContentQueries.begin(unit, mailbox: self.lease.mailbox)
        }
    }

    func append(_ bytes: [UInt8], to content: Int64, ordinal: Int) async throws {
        try await self.database.unit(under: self.lease) { unit in
            try ContentQueries.append(
                unit,
                mailbox: self.lease.mailbox,
                content: content,
                ordinal: ordinal,
                bytes: bytes
            )
        }
    }

    func complete(_ content: Int64, digest: [UInt8], size: Int64, note: String?) async throws {
        try await self.database.unit(under: self.lease) { unit in
            try ContentQueries.complete(
                unit,
                mailbox: self.lease.mailbox,
                content: content,
                digest: digest,
                size: size,
                note: note
            )
        }
    }

    func discard(_ content: Int64) async throws {
        try await self.database.unit(under: self.lease) { unit in
            try ContentQueries.discard(unit, mailbox: self.lease.mailbox, content: content)
        }
    }
}
