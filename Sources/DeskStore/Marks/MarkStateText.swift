import Desk

/// A ``MarkState`` as one column holds it: `place;owners;letters`, for example `agent:5;5;pf`.
///
/// `place` is its name, with the agent's or the folder's id behind a colon where it has one; `owners` are agents' ids
/// in order; the letters are `p` pending, `f` flagged, `a` answered.
enum MarkStateText {
    static func encode(_ state: MarkState) -> String {
        var place = state.place.name
        if let agent = state.place.agent { place += ":\(agent.rawValue)" }
        if let folder = state.place.folder { place += ":\(folder.rawValue)" }
        let owners = state.owners.sorted().map { "\($0.rawValue)" }.joined(separator: ",")
        let letters = (state.isPending ? "p" : "") + (state.isFlagged ? "f" : "") + (state.isAnswered ? "a" : "")
        return "\(place);\(owners);\(letters)"
    }

    static func decode(_ text: String) throws(StoreError) -> MarkState {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let place = (parts.first ?? "").split(separator: ":", maxSplits: 1)
        let id = place.count > 1 ? Int64(place[1]) : nil
        guard parts.count == 3, let name = place.first,
            let decoded = Place(
                name: String(name),
                agent: id.map { Identifier($0) },
                folder: id.map { Identifier($0) }
            )
        else {
            throw StoreError(reason: .undecodable, message: "a column of marks that cannot be read")
        }
        return MarkState(
            place: decoded,
            owners: Set(parts[1].split(separator: ",").compactMap { Int64($0) }.map { Identifier($0) }),
            isPending: parts[2].contains("p"),
            isFlagged: parts[2].contains("f"),
            isAnswered: parts[2].contains("a")
        )
    }
}
