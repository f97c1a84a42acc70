/// A folder as a second connection sees it, in words that are the same on every server.
package struct FolderState: Hashable, Sendable, CustomStringConvertible {
    /// Its name in the scenario.
    package let name: String
    /// Its mails, ascending by UID.
    package let mails: [MailState]

    package init(_ name: String, _ mails: [MailState] = []) {
        self.name = name
        self.mails = mails
    }

    package var description: String {
        "\(self.name): \(self.mails.isEmpty ? "empty" : self.mails.map(\.description).joined(separator: ", "))"
    }

    /// The same folder on a server that keeps no keywords.
    package var withoutKeywords: FolderState {
        FolderState(self.name, self.mails.map(\.withoutKeywords))
    }
}

/// A mail in a folder.
package struct MailState: Hashable, Sendable, CustomStringConvertible {
    /// Which UID it has: the n-th that the folder gave out.
    package let order: Int
    /// The name of the mail whose bytes it has; how many bytes it has where it is none of the scenario's.
    package let mail: String
    /// Flags and keywords in lower case, sorted.
    package let flags: [String]
    /// When it arrived, in seconds since 1970.
    package let arrived: Int64

    package init(_ order: Int, mail: String, flags: [String], arrived: Int64) {
        self.order = order
        self.mail = mail
        self.flags = flags.map { $0.lowercased() }.sorted()
        self.arrived = arrived
    }

    /// A sample mail as the n-th of a folder, as it arrived.
    package init(_ order: Int, _ mail: SampleMail, _ flags: [String] = []) {
        self.init(order, mail: mail.name, flags: flags, arrived: mail.arrived)
    }

    package var description: String {
        "#\(self.order) \(self.mail) (\(self.flags.joined(separator: " "))) of \(self.arrived)"
    }

    var withoutKeywords: MailState {
        MailState(
            self.order,
            mail: self.mail,
            flags: self.flags.filter { $0.hasPrefix("\\") },
            arrived: self.arrived
        )
    }
}
