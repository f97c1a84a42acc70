/// All of a mail server that an outside look can see, to be compared: folders by name, mails by UID.
package struct ServerDump: Equatable, Sendable, CustomStringConvertible {
    /// A mail.
    package struct Message: Hashable, Sendable {
        /// Its UID.
        package var uid: UInt32
        /// Flags and keywords in lower case, sorted.
        package var flags: [String]
        /// When it was received, in seconds since 1970.
        package var internalDate: Int64
        /// Its bytes.
        package var bytes: [UInt8]

        /// A mail from its parts.
        package init(uid: UInt32, flags: [String], internalDate: Int64, bytes: [UInt8]) {
            self.uid = uid
            self.flags = flags
            self.internalDate = internalDate
            self.bytes = bytes
        }
    }
    /// A folder.
    package struct Folder: Hashable, Sendable {
        /// The name on the wire.
        package var name: String
        /// Whether it is subscribed.
        package var isSubscribed: Bool
        /// Its mails, ascending by UID.
        package var messages: [Message]

        /// A folder from its parts.
        package init(name: String, isSubscribed: Bool, messages: [Message]) {
            self.name = name
            self.isSubscribed = isSubscribed
            self.messages = messages
        }
    }
    /// Folders that can hold mail, by name.
    package var folders: [Folder]

    /// Folders by name.
    package init(folders: [Folder]) { self.folders = folders.sorted { $0.name < $1.name } }

    package var description: String {
        self.folders.map { folder in
            let head = "\(folder.name)\(folder.isSubscribed ? " subscribed" : "")"
            let lines = folder.messages.map {
                "  \($0.uid) (\($0.flags.joined(separator: " "))) \($0.bytes.count) bytes"
            }
            return ([head] + lines).joined(separator: "\n")
        }
        .joined(separator: "\n")
    }
}

extension ModelServer {
    /// All of it.
    package func dump() -> ServerDump {
        ServerDump(
            folders: self.folders.compactMap { $0 }.filter { !$0.isNoSelect }.map { folder in
                ServerDump.Folder(
                    name: folder.name,
                    isSubscribed: folder.isSubscribed,
                    messages: folder.messages.map { message in
                        ServerDump.Message(
                            uid: message.uid,
                            flags: self.keywordTable.spellings(message.flags).map { $0.lowercased() }.sorted(),
                            internalDate: message.internalDate,
                            bytes: self.contents[message.content.number]
                        )
                    }
                )
            }
        )
    }
}
