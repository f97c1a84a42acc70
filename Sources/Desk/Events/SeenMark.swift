/// How events that end our turn say which message from a contact their actor could see.
enum SeenMark {
    static let at = "seen_at"
    static let message = "seen_message"

    static func details(_ seen: ContactMessage?) -> [String: String] {
        guard let seen else { return [:] }
        return [self.at: seen.receivedAt.iso8601, self.message: seen.message.description]
    }

    static func read(_ details: [String: String]) -> ContactMessage? {
        guard let at = details[self.at].flatMap({ Timestamp(iso8601: $0) }) else { return nil }
        guard let message = details[self.message].flatMap({ Int64($0) }) else { return nil }
        return ContactMessage(receivedAt: at, message: Identifier(message))
    }
}
