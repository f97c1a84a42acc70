import Desk

/// A mail server reduced to what marks need: folders, UIDs, flags; and the clients that change them.
struct ModelServer {
    struct Copy: Equatable {
        let message: Identifier<Message>
        var flags: MarkFlags
    }

    struct Box {
        let role: FolderRole
        var nextUID: UInt32 = 1
        var copies: [UInt32: Copy] = [:]
    }

    /// What a client sees when it asks for all of a folder.
    struct Listing {
        let folder: Identifier<Folder>
        let number: Int64
        let nextUID: UInt32
        let copies: [UInt32: Copy]
    }

    static let trash: Identifier<Folder> = Identifier(9)
    static let places: [Place] = [
        .inbox, .agent(Sample.ann), .agent(Sample.bob), .agent(Sample.cat), .closed, .archive, .junk,
    ]

    private(set) var boxes: [Identifier<Folder>: Box]

    init() {
        var boxes: [Identifier<Folder>: Box] = [Self.trash: Box(role: .trash)]
        for place in Self.places { boxes[folder(of: place).id] = Box(role: folder(of: place).role) }
        self.boxes = boxes
    }

    var folders: [Identifier<Folder>] { self.boxes.keys.sorted() }

    mutating func deliver(_ message: Identifier<Message>, to folder: Identifier<Folder>, flags: MarkFlags = MarkFlags())
    {
        _ = self.append(Copy(message: message, flags: flags), to: folder)
    }

    /// UID COPY and UID MOVE without the expunge; nil where the UID is gone.
    mutating func copy(_ uid: UInt32, from: Identifier<Folder>, to: Identifier<Folder>) -> UInt32? {
        guard let copy = self.boxes[from]?.copies[uid] else { return nil }
        return self.append(copy, to: to)
    }

    /// UID MOVE: the UID in the destination, or nil where there was nothing to move.
    mutating func move(_ uid: UInt32, from: Identifier<Folder>, to: Identifier<Folder>) -> UInt32? {
        guard let destination = self.copy(uid, from: from, to: to) else { return nil }
        self.boxes[from]?.copies[uid] = nil
        return destination
    }

    mutating func expunge(_ uid: UInt32, in folder: Identifier<Folder>) {
        self.boxes[folder]?.copies[uid] = nil
    }

    /// UID STORE; false where the UID is gone.
    mutating func store(_ uid: UInt32, in folder: Identifier<Folder>, _ change: (inout MarkFlags) -> Void) -> Bool {
        guard var copy = self.boxes[folder]?.copies[uid] else { return false }
        change(&copy.flags)
        self.boxes[folder]?.copies[uid] = copy
        return true
    }

    func list(_ folder: Identifier<Folder>, number: Int64) -> Listing? {
        self.boxes[folder].map { Listing(folder: folder, number: number, nextUID: $0.nextUID, copies: $0.copies) }
    }

    /// Every copy of a message that a client shows: folder and UID.
    func copies(of message: Identifier<Message>) -> [(folder: Identifier<Folder>, uid: UInt32)] {
        self.folders.flatMap { folder in
            (self.boxes[folder]?.copies ?? [:]).filter { $0.value.message == message && !$0.value.flags.isDeleted }.keys
                .sorted().map { (folder, $0) }
        }
    }

    private mutating func append(_ copy: Copy, to folder: Identifier<Folder>) -> UInt32? {
        guard var box = self.boxes[folder] else { return nil }
        let uid = box.nextUID
        box.copies[uid] = copy
        box.nextUID += 1
        self.boxes[folder] = box
        return uid
    }
}
