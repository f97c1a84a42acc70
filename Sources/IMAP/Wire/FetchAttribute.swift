/// An item of a FETCH response that few commands ask for.
package enum FetchAttribute: Equatable, Sendable {
    /// EMAILID: the same for every copy of one mail (RFC 8474 §5).
    case emailID(String)
    /// THREADID; nil where the server keeps none (RFC 8474 §5).
    case threadID(String?)
    /// X-GM-MSGID: the same for every copy of one mail.
    case gmailMessageID(UInt64)
    /// X-GM-THRID.
    case gmailThreadID(UInt64)
    /// X-GM-LABELS: the mail's labels, `\Inbox` among them; ordinary ones are folder names as on the wire.
    case gmailLabels([FolderName])
    /// ENVELOPE (RFC 9051 §7.5.2).
    case envelope(Envelope)
    /// BODYSTRUCTURE, or BODY without brackets (RFC 9051 §7.5.2).
    case bodyStructure(BodyStructure)
    /// BINARY.SIZE: bytes of a part once decoded (RFC 3516).
    case binarySize(section: BodySection, UInt64)
}

extension FetchedItems {
    /// The server's own name for the mail: EMAILID, else X-GM-MSGID; nil where missing, NIL or unreadable.
    var objectID: ObjectID? {
        for case .emailID(let id) in self.attributes where ObjectID.isEmailID(id.utf8) { return .email(id) }
        for case .gmailMessageID(let id) in self.attributes { return .gmail(id) }
        return nil
    }

    /// X-GM-LABELS as sent; nil where missing.
    var labels: [String]? {
        for case .gmailLabels(let labels) in self.attributes {
            return labels.map { String(decoding: $0.raw, as: UTF8.self) }
        }
        return nil
    }

    /// ENVELOPE.
    var envelope: Envelope? {
        for case .envelope(let envelope) in self.attributes { return envelope }
        return nil
    }

    /// BODYSTRUCTURE.
    var bodyStructure: BodyStructure? {
        for case .bodyStructure(let structure) in self.attributes { return structure }
        return nil
    }
}
