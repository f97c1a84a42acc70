#if !FUZZING
    @testable import IMAP
#endif

extension FuzzTarget {
    static func folderNameFault(_ bytes: [UInt8]) -> String? {
        var steps = 0
        let display = ModifiedUTF7.decode(bytes, steps: &steps)
        if let fault = self.costFault(steps: steps, bytes: bytes.count) { return fault }
        // What is shown can be written, and then means what was shown.
        let written = ModifiedUTF7.encode(display)
        guard written.allSatisfy({ (0x20...0x7e).contains($0) }) else { return "written with other than ASCII" }
        guard ModifiedUTF7.decode(written) == display else { return "written it means something else" }
        let text = String(decoding: bytes, as: UTF8.self)
        guard ModifiedUTF7.decode(ModifiedUTF7.encode(text)) == text else { return "a text does not come back" }
        let name = FolderName(raw: bytes)
        guard name == FolderName(raw: bytes), name.raw == bytes else { return "a name has other bytes than its own" }
        return nil
    }

    static func dateFault(_ bytes: [UInt8]) -> String? {
        guard let time = InternalDate.parse(bytes) else { return nil }
        guard time % 1_000_000 == 0 else { return "a date with a fraction of a second" }
        // A zone may carry the last hours of 1899 and 9999 over the edge of what can be written.
        guard let text = InternalDate.format(time) else {
            return (-2_208_988_800...253_402_300_799).contains(time / 1_000_000) ? "cannot be written" : nil
        }
        guard InternalDate.parse(text) == time else { return "\(text) is another time" }
        guard text.utf8.count == 26 else { return "\(text) has another form" }
        return nil
    }

    // MARK: - Commands

    /// The bytes name a form of literals, a name, flags and UIDs; what is written of them is read back.
    static func commandFault(_ bytes: [UInt8]) -> String? {
        guard bytes.count > 2 else { return nil }
        let modes: [CommandEncoder.LiteralMode] = [.synchronizing, .nonSynchronizingSmall, .nonSynchronizing]
        let split = Int(bytes[1]) % bytes.count
        let name = Array(bytes[2...].prefix(split))
        let rest = bytes.dropFirst(2 + split)
        var encoder = CommandEncoder(tag: "A1", verb: "X", literals: modes[Int(bytes[0]) % modes.count])
        do {
            try encoder.astring(name)
        } catch {
            let isForbidden = name.contains { $0 == 0 || $0 == 13 || $0 == 10 }
            return isForbidden ? nil : "a name is refused that could be sent"
        }
        let flags = String(decoding: rest, as: UTF8.self).split(separator: " ").map(String.init)
        do {
            try encoder.flags(flags)
        } catch {
            return nil
        }
        let uids = UIDSet(rest.map { UInt32($0) << UInt32($0 % 25) })
        do {
            try encoder.uids(uids)
        } catch {
            guard uids.isEmpty else { return "a set is refused that could be sent" }
        }
        return self.fault(of: encoder.finish(), name: name, flags: flags, uids: uids)
    }

    private static func fault(of command: EncodedCommand, name: [UInt8], flags: [String], uids: UIDSet) -> String? {
        let sent = command.parts.flatMap(\.bytes)
        var cursor = Cursor(sent)
        guard cursor.skipWord("A1"), cursor.skip(Byte.space), cursor.skipWord("X"), cursor.skip(Byte.space) else {
            return "a command begins otherwise"
        }
        guard cursor.text() == .bytes(name) else { return "a name is read otherwise than it was written" }
        guard cursor.skip(Byte.space), cursor.list(limit: .max) == flags else { return "flags are read otherwise" }
        if !uids.isEmpty {
            guard cursor.skip(Byte.space), cursor.uidSequence()?.set == uids else { return "UIDs are read otherwise" }
        }
        guard cursor.skipLineEnd(), cursor.isAtEnd else { return "a command goes on behind its end" }
        // Each part but the last ends where the server must ask, and no part holds a line end elsewhere.
        let literals = command.parts.filter(\.awaitsContinuation).count
        return literals == command.parts.count - 1 ? nil : "a part waits for nothing"
    }
}
