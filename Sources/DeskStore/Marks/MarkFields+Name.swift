package import Desk

extension MarkFields {
    /// The five fields by the names that `hold.field` has.
    package static let names: [(name: String, field: MarkFields)] = [
        ("place", .place), ("owner", .owners), ("pending", .pending), ("flagged", .flagged), ("answered", .answered),
    ]

    /// The field of this name.
    init?(name: String) {
        guard let found = Self.names.first(where: { $0.name == name }) else { return nil }
        self = found.field
    }

    /// The names of the fields in the set.
    package var names: [String] {
        Self.names.filter { self.contains($0.field) }.map(\.name)
    }
}
