/// The fields of the mail itself.
extension MailMessage {
    mutating func readHeader(_ input: Span<UInt8>, _ header: HeaderBlock, context: inout ParseContext) {
        var evidence = KindEvidence()
        var hasSubject = false
        var hasDate = false
        var receivedCount = 0
        for field in header.fields where field.known != .other {
            context.offset = field.name.lowerBound
            switch field.known {
            case .subject where !hasSubject:
                hasSubject = true
                self.subject = HeaderText.line(
                    HeaderText.unfold(input, field.value, context: &context),
                    context: &context
                )
            case .from, .sender, .replyTo, .to, .cc, .bcc, .returnPath:
                self.readAddresses(
                    field.known,
                    HeaderText.unfold(input, field.value, context: &context),
                    context: &context
                )
            case .date where !hasDate:
                hasDate = true
                self.date = self.readDate(input, field, context: &context)
            case .received:
                receivedCount += 1
                if receivedCount <= context.limits.received { self.readReceived(input, field, context: &context) }
            case .messageID, .inReplyTo, .references:
                self.readIdentifiers(
                    field.known,
                    HeaderText.unfold(input, field.value, context: &context),
                    context: &context
                )
            case .authenticationResults
            where receivedCount == 0 && self.authenticationResults.count < context.limits.authenticationResults:
                let value = HeaderText.unfold(input, field.value, context: &context)
                if let results = AuthenticationResults.parse(value, context: &context) {
                    self.authenticationResults.append(results)
                }
            default:
                self.readEvidence(input, field, into: &evidence, context: &context)
            }
        }
        // Without a Received field no server of ours has touched the mail: whatever it says of itself is the sender's.
        if receivedCount == 0 { self.authenticationResults = [] }
        if self.fromFieldCount > 1 { context.note(.repeatedFrom, at: header.start) }
        self.autoSubmitted = evidence.autoSubmitted
        evidence.hasNullReturnPath = self.returnPath?.isNull == true
        evidence.fromLocalParts = self.from.map { ASCII.token($0.localPart.utf8) }
        self.kind = evidence.kind(of: self.parts)
    }

    private mutating func readAddresses(_ known: KnownField, _ value: [UInt8], context: inout ParseContext) {
        switch known {
        case .from:
            self.fromFieldCount += 1
            // The first that names a mailbox; a field without one is kept only for want of another.
            guard self.from.allSatisfy(\.isNull) else { return }
            let addresses = AddressListParser.parse(value, context: &context)
            if self.from.isEmpty || !addresses.allSatisfy(\.isNull) { self.from = addresses }
        case .sender where self.sender.isEmpty:
            self.sender = AddressListParser.parse(value, context: &context)
        case .replyTo where self.replyTo.isEmpty:
            self.replyTo = AddressListParser.parse(value, context: &context)
        case .to:
            Self.append(AddressListParser.parse(value, context: &context), to: &self.to, context: &context)
        case .cc:
            Self.append(AddressListParser.parse(value, context: &context), to: &self.cc, context: &context)
        case .bcc:
            Self.append(AddressListParser.parse(value, context: &context), to: &self.bcc, context: &context)
        case .returnPath where self.returnPath == nil:
            let addresses = AddressListParser.parse(value, context: &context)
            self.returnPath = addresses.first { !$0.isNull }
            // `<>` yields no address: nobody is to be told.
            if self.returnPath == nil, value.contains(0x3C) { self.returnPath = MailAddress(localPart: "", domain: "") }
        default:
            break
        }
    }

    private static func append(_ more: [MailAddress], to list: inout [MailAddress], context: inout ParseContext) {
        let room = context.limits.addresses - list.count
        if more.count > room { context.note(.tooManyAddresses) }
        list.append(contentsOf: more.prefix(max(0, room)))
    }

    private func readDate(_ input: Span<UInt8>, _ field: HeaderField, context: inout ParseContext) -> MailDate? {
        let value = HeaderText.unfold(input, field.value, context: &context)
        context.count(min(value.count, 1_024))
        let date = DateParser.parse(value)
        if date == nil { context.note(.invalidDate) }
        return date
    }

    /// The date of a trace field stands after its last semicolon (RFC 5322 §3.6.7).
    private mutating func readReceived(_ input: Span<UInt8>, _ field: HeaderField, context: inout ParseContext) {
        let value = HeaderText.unfold(input, field.value, context: &context)
        context.count(value.count)
        guard let semicolon = value.lastIndex(of: 0x3B) else { return }
        if let date = DateParser.parse(Array(value[(semicolon + 1)...].prefix(1_024))) {
            self.received.append(date.microseconds)
        }
    }

    private mutating func readIdentifiers(_ known: KnownField, _ value: [UInt8], context: inout ParseContext) {
        let limit = context.limits.messageID
        context.count(2 * value.count)
        switch known {
        case .messageID where self.messageID == nil:
            guard let id = MessageIdentifier.list(in: value, isBare: true).first else { return }
            self.messageID = MessageIdentifier.text(id, limit: limit)
            if self.messageID == nil { context.note(.messageIDTooLong) }
        case .inReplyTo where self.inReplyTo.isEmpty:
            let ids = MessageIdentifier.list(in: value, isBare: false)
            if ids.count > context.limits.references { context.note(.tooManyIdentifiers) }
            for id in ids.prefix(context.limits.references) {
                if let text = MessageIdentifier.text(id, limit: limit), !self.inReplyTo.contains(text) {
                    self.inReplyTo.append(text)
                }
            }
        case .references where self.references.isEmpty:
            var seen: Set<String> = []
            var newest: [String] = []
            for id in MessageIdentifier.list(in: value, isBare: false).reversed() {
                guard newest.count < context.limits.references else {
                    context.note(.tooManyIdentifiers)
                    break
                }
                if let text = MessageIdentifier.text(id, limit: limit), seen.insert(text).inserted {
                    newest.append(text)
                }
            }
            self.references = newest.reversed()
        default:
            break
        }
    }

    private func readEvidence(
        _ input: Span<UInt8>,
        _ field: HeaderField,
        into evidence: inout KindEvidence,
        context: inout ParseContext
    ) {
        switch field.known {
        case .autoSubmitted where evidence.autoSubmitted == nil:
            evidence.autoSubmitted = self.keyword(input, field, context: &context)
        case .precedence where evidence.precedence == nil:
            evidence.precedence = self.keyword(input, field, context: &context)
        case .listID:
            evidence.hasListID = true
        case .listPost:
            // `List-Post: NO` (RFC 2369 §3.4) is a list nobody answers to.
            evidence.hasListPost = self.keyword(input, field, context: &context) != "no"
        case .listUnsubscribe:
            evidence.hasListUnsubscribe = true
        case .listUnsubscribePost:
            evidence.isOneClick = true
        case .autoReply:
            if let value = self.keyword(input, field, context: &context), value != "no" { evidence.isAutoReply = true }
        case .exchange:
            let name = ASCII.token(input.bytes(in: field.name))
            if name.hasSuffix("-autoreply") {
                if let value = self.keyword(input, field, context: &context), value != "no", value != "false" {
                    evidence.isAutoReply = true
                }
            } else if name == "x-ms-exchange-generated-message-source" {
                let value = ASCII.token(HeaderText.unfold(input, field.value, context: &context))
                if value.hasPrefix("mailbox rules") { evidence.isAutoReply = true }
            }
        default:
            break
        }
    }

    /// The first word of a value before any semicolon, small letters, comments off; nil when empty.
    private func keyword(_ input: Span<UInt8>, _ field: HeaderField, context: inout ParseContext) -> String? {
        let value = HeaderText.withoutComments(HeaderText.unfold(input, field.value, context: &context))
        context.count(2 * value.count)
        let words = value.split(maxSplits: 1) { ASCII.isWhitespace($0) || $0 == 0x3B }
        guard let word = words.first else { return nil }
        return ASCII.token(word.prefix(100))
    }

    /// Uuencoded blocks within text parts become parts of their own, after all others.
    mutating func splitBlocks(_ input: Span<UInt8>, lines: LineReader, context: inout ParseContext) {
        for index in self.parts.indices {
            let part = self.parts[index]
            guard !part.isMultipart, part.contentType.type == "text", part.contentType.subtype == "plain",
                part.transferEncoding == .identity
            else { continue }
            var steps = 0
            let blocks = UUDecoder.blocks(input, part.bodyRange, lines: lines, steps: &steps)
            context.count(steps)
            for (number, block) in blocks.enumerated() {
                guard self.parts.count < context.limits.parts else {
                    context.note(.partLimit, at: block.range.lowerBound)
                    return
                }
                self.parts[index].blocks.append(block.range)
                self.parts.append(self.blockPart(block, number + 1, of: part, context: &context))
            }
        }
    }

    private func blockPart(
        _ block: UUDecoder.Block,
        _ number: Int,
        of part: MailPart,
        context: inout ParseContext
    ) -> MailPart {
        var name = Array(HeaderText.line(block.name, context: &context).utf8)
        _ = name.cutUTF8(to: context.limits.fileName)
        return MailPart(
            path: "\(part.path).uu\(number)",
            contentType: ContentType(type: "application", subtype: "octet-stream", parameters: []),
            disposition: .attachment,
            filename: name.isEmpty ? nil : String(decoding: name, as: UTF8.self),
            contentID: nil,
            transferEncoding: .uuencode,
            headerRange: block.range.lowerBound..<block.range.lowerBound,
            bodyRange: block.range,
            depth: part.depth,
            parent: part.parent,
            isMultipart: false,
            isEnclosed: part.isEnclosed
        )
    }
}
