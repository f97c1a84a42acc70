extension IMAPConnection {
    private static let search = "UID SEARCH"

    /// The UIDs of all mail in the selected folder, by SEARCH (RFC 9051 §6.4.4), and in ranges where ESEARCH is offered (RFC 4731).
    ///
    /// That nothing was found proves nothing; an empty answer of a folder that counts mail ends the use of ESEARCH.
    package func findUIDs() async throws(IMAPError) -> UIDSet {
        let found = try await self.findAll()
        guard found.isEmpty, self.exists > 0, self.capabilities.contains(.eSearch) else { return found }
        await self.latch(.eSearch, because: "SEARCH found nothing where there is mail")
        return try await self.findAll()
    }

    private func findAll() async throws(IMAPError) -> UIDSet {
        var found = UIDSet()
        let completion = try await self.run(
            Self.search,
            preferring: self.capabilities.contains(.eSearch) ? [.eSearch] : [],
            build: { (encoder: inout CommandEncoder, name: IMAPExtension?) throws(IMAPError) in
                encoder.raw(name == nil ? "ALL" : "RETURN (ALL) ALL")
            },
            collect: { response in
                guard case .search(let answer) = response else { return false }
                found = found.union(answer.all ?? UIDSet())
                return true
            }
        )
        try self.requireOK(completion, verb: Self.search)
        return found
    }
}
