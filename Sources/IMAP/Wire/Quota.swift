/// A quota root and what is used of it (RFC 9208 §5.1).
package struct Quota: Equatable, Sendable {
    /// One resource, such as STORAGE.
    package struct Resource: Equatable, Sendable {
        /// Its name in capitals; STORAGE counts in KiB.
        package let name: String
        /// How much is used; nil where the server's number is none.
        package let usage: UInt64?
        /// How much may be used; nil where the server's number is none.
        package let limit: UInt64?

        /// A resource from its parts.
        package init(name: String, usage: UInt64?, limit: UInt64?) {
            self.name = name
            self.usage = usage
            self.limit = limit
        }
    }
    /// The root's name, often empty.
    package let root: String
    /// Its resources.
    package let resources: [Resource]

    /// A quota from its parts.
    package init(root: String, resources: [Resource]) {
        self.root = root
        self.resources = resources
    }
}

/// The quota roots that govern a folder (RFC 9208 §5.2).
package struct QuotaRoots: Equatable, Sendable {
    /// The folder.
    package let folder: FolderName
    /// Names of the roots; empty where none governs it.
    package let roots: [String]

    /// Roots from their parts.
    package init(folder: FolderName, roots: [String]) {
        self.folder = folder
        self.roots = roots
    }
}
