/// One address of a mail's header.
package struct Party: Hashable, Sendable {
    /// What addresses are compared by; made by the caller, the same way everywhere.
    package let key: String
    /// The display name, empty where there is none.
    package let name: String

    /// Names somebody.
    package init(key: String, name: String = "") {
        self.key = key
        self.name = name
    }
}
