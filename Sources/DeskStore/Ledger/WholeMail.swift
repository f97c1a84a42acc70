/// A mail in memory, all of it.
package struct WholeMail: Sendable {
    /// SHA-256 of ``body``, 32 bytes.
    package let digest: [UInt8]
    /// `BODY[]`.
    package let body: [UInt8]

    /// Puts the values together.
    package init(digest: [UInt8], body: [UInt8]) {
        self.digest = digest
        self.body = body
    }
}
