/// The forms of LIST, richest first, free of I/O.
///
/// Servers that offer an extension may refuse it, or answer without INBOX; which one is at fault is found by leaving one out
/// after the other (imap-field-notes Q10). Sources: RFC 5258, RFC 5819, RFC 6154.
struct ListForm: Equatable, Sendable {
    /// Whether LIST … RETURN asks for each folder's status.
    let hasStatus: Bool
    /// Whether it asks for special uses.
    let hasSpecialUse: Bool

    /// `LIST "" "*"`.
    static let plain = ListForm(hasStatus: false, hasSpecialUse: false)

    /// The forms to try in order, the plain one last.
    static func ladder(for capabilities: IMAPCapabilities, withStatus: Bool) -> [ListForm] {
        guard capabilities.contains(.listExtended) else { return [.plain] }
        let hasStatus = withStatus && capabilities.hasListStatus
        let hasSpecialUse = capabilities.hasSpecialUse
        var forms: [ListForm] = []
        if hasStatus, hasSpecialUse { forms.append(ListForm(hasStatus: true, hasSpecialUse: true)) }
        if hasStatus { forms.append(ListForm(hasStatus: true, hasSpecialUse: false)) }
        if hasSpecialUse { forms.append(ListForm(hasStatus: false, hasSpecialUse: true)) }
        return forms + [.plain]
    }

    /// What may be at fault where this form fails.
    var blamed: [IMAPExtension] {
        (self.hasSpecialUse ? [.specialUse] : []) + (self.hasStatus ? [.listStatus] : []) + [.listExtended]
    }

    /// Whether this form needs `name` as well.
    func uses(_ name: IMAPExtension) -> Bool {
        self != .plain && self.blamed.contains(name)
    }

    /// What stands behind the pattern.
    func text(statusItems: String) -> String {
        guard self != .plain else { return "" }
        // Where options are given, some servers leave out every attribute that is not asked for.
        var options = ["CHILDREN"]
        if self.hasSpecialUse { options.append("SPECIAL-USE") }
        if self.hasStatus { options.append("STATUS (\(statusItems))") }
        return " RETURN (\(options.joined(separator: " ")))"
    }
}
