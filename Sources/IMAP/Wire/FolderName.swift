/// A folder's name: exactly the bytes the server listed, which are sent back as they came.
///
/// Equal by bytes, so names that only look alike stay apart; the whole name INBOX alone is one in any case
/// (RFC 9051 §5.1).
package struct FolderName: Sendable {
    /// The bytes on the wire, without quotes.
    package let raw: [UInt8]

    /// A name from wire bytes.
    package init(raw: [UInt8]) {
        self.raw = raw
    }

    /// A name from what a person wrote, in modified UTF-7.
    package init(encoding display: String) {
        self.raw = ModifiedUTF7.encode(display)
    }

    /// The folder new mail arrives in.
    package static let inbox = FolderName(raw: Array("INBOX".utf8))

    /// For people: modified UTF-7 decoded, or UTF-8 where the server sends that.
    ///
    /// Never a path, never sent back.
    package var display: String {
        self.raw.contains { $0 >= 0x80 }
            ? String(decoding: self.raw, as: UTF8.self)
            : ModifiedUTF7.decode(self.raw)
    }

    /// False where a byte stands in it that no command can carry: NUL, or one that ends a line.
    package var isSendable: Bool {
        !self.raw.contains { $0 == 0 || $0 == Byte.carriageReturn || $0 == Byte.lineFeed }
    }

    /// True for INBOX in any case.
    package var isInbox: Bool {
        self.raw.count == 5 && zip(self.raw, Self.inbox.raw).allSatisfy { $0 & 0xdf == $1 }
    }
}

extension FolderName: Hashable {
    /// Equal bytes, or both INBOX.
    package static func == (left: FolderName, right: FolderName) -> Bool {
        left.raw == right.raw || (left.isInbox && right.isInbox)
    }

    /// Hashes the bytes; INBOX in one form.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.isInbox ? Self.inbox.raw : self.raw)
    }
}

extension FolderName: CustomStringConvertible {
    /// The same as ``display``.
    package var description: String { self.display }
}
