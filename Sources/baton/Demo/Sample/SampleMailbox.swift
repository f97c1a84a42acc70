import Desk

/// The demo's mailbox: six weeks of a bicycle shop's mail as its two agents have left it.
///
/// The same seed and the same moment give the same bytes. Old conversations lie in Archive, answered ones in INBOX with
/// `\Answered`, the agents' answers in Sent; the newest wait for somebody.
struct SampleMailbox {
    /// The shared address.
    static let shop = SampleMessage.Person(name: "Nordlicht Bikes", address: "support@nordlicht.example")
    /// The agents, as their mail clients write them.
    static let agents = [
        SampleMessage.Person(name: "Ann Arbor", address: "ann@nordlicht.example"),
        SampleMessage.Person(name: "Bob Berg", address: "bob@nordlicht.example"),
    ]
    private static let conversations = 46
    private static let minute: Int64 = 60_000_000
    private static let hour: Int64 = 60 * Self.minute
    private static let day: Int64 = 24 * Self.hour

    /// Everything, in order of arrival.
    let messages: [SampleMessage]
    private let now: Timestamp

    /// Writes the mail of the six weeks before `now`.
    init(seed: UInt64, now: Timestamp) {
        self.now = now
        var random = SampleRandom(seed: seed)
        var messages: [SampleMessage] = []
        for index in 0..<Self.conversations {
            messages += Self.conversation(index, now: now, &random)
        }
        messages += Self.others(now: now, &random)
        self.messages = messages.sorted { $0.arrived < $1.arrived }
    }

    /// A mail that arrives while one watches.
    static func newcomer(subject: String, from index: Int, at now: Timestamp, seed: UInt64) -> SampleMessage {
        var random = SampleRandom(seed: seed &+ UInt64(index) &+ 1)
        let (name, address) = SampleTopic.contacts[index % SampleTopic.contacts.count]
        return SampleMessage(
            arrived: now,
            id: Self.id(&random, at: address),
            from: SampleMessage.Person(name: name, address: address),
            to: Self.shop,
            subject: subject,
            text: "Hello,\n\ncan I come by with my bike this afternoon?\n\n\(name)\n",
            form: .alternative
        )
    }

    private static func id(_ random: inout SampleRandom, at address: String) -> String {
        "<\(random.identifier()).\(random.identifier())\(address.drop { $0 != "@" })>"
    }
}

// MARK: - Conversations

extension SampleMailbox {
    /// One conversation: a question and, unless it is new, what followed.
    private static func conversation(_ index: Int, now: Timestamp, _ random: inout SampleRandom) -> [SampleMessage] {
        let topic = SampleTopic.all[index % SampleTopic.all.count]
        let (name, address) = SampleTopic.contacts[(index * 5 + index / 16) % SampleTopic.contacts.count]
        let contact = SampleMessage.Person(name: name, address: address)
        let agent = self.agents[random.number(0...99) < 55 ? 0 : 1]
        let order = "NB-\(20_000 + index * 37 + random.number(0...30))"
        let bike = SampleTopic.bikes[random.number(0...(SampleTopic.bikes.count - 1))]
        func fill(_ text: String) -> String {
            text.replacing("{order}", with: order).replacing("{bike}", with: bike)
        }
        let subject = fill(topic.subject)
        let isWaiting = index >= self.conversations - 8
        let age = isWaiting ? Int64(index - self.conversations + 9) : 0
        let start =
            isWaiting
            ? now.microseconds - (10 - age) * 5 * self.hour - Int64(random.number(0...90)) * self.minute
            : self.officeHour(
                now.microseconds - 2 * self.day - Int64(self.conversations - 8 - index) * self.day * 40
                    / Int64(self.conversations - 8),
                &random
            )
        let isOld = start < now.microseconds - 21 * self.day
        let count = isWaiting ? 1 : [2, 2, 2, 3, 4, 4, 4][random.number(0...6)]
        let texts = [topic.question, topic.answer, topic.followUp, topic.closing]
        var messages: [SampleMessage] = []
        var arrived = start
        for (turn, text) in texts.prefix(count).enumerated() {
            let isOurs = turn % 2 == 1
            if turn > 0 {
                arrived += isOurs ? self.answerDelay(&random) : Int64(random.number(40...1_900)) * self.minute
            }
            guard arrived < now.microseconds - self.hour else { break }
            let sender = isOurs ? self.signature(of: agent, &random) : contact
            messages.append(
                SampleMessage(
                    folder: isOurs ? "Sent" : isOld ? "Archive" : "INBOX",
                    flags: isOurs ? ["\\Seen"] : [],
                    arrived: Timestamp(microseconds: arrived),
                    id: self.id(&random, at: sender.address),
                    from: sender,
                    to: isOurs ? contact : self.shop,
                    subject: turn == 0 ? subject : "Re: \(subject)",
                    text: self.letter(fill(text), isOurs ? agent.name : name, to: isOurs ? name : nil),
                    form: SampleMessage.Form.allCases[isOurs ? 0 : (index + turn) % SampleMessage.Form.allCases.count],
                    references: messages.map(\.id)
                )
            )
            // Whoever answers has read what came before, and the client says so.
            if isOurs { messages[messages.count - 2].flags = ["\\Answered", "\\Seen"] }
        }
        return messages
    }

    /// What the client writes as From: most agents send as the shop under their own name, one in eight forgets it.
    private static func signature(of agent: SampleMessage.Person, _ random: inout SampleRandom) -> SampleMessage.Person
    {
        switch random.number(0...7) {
        case 0: self.shop
        case 1...3: SampleMessage.Person(name: agent.name, address: self.shop.address)
        default: agent
        }
    }

    private static func letter(_ text: String, _ name: String, to recipient: String?) -> String {
        let first = recipient.map { $0.prefix { $0 != " " } }
        return "Hello\(first.map { " \($0)" } ?? ""),\n\n\(text)\n\n\(name)\n"
    }

    /// Mostly hours, sometimes minutes, now and then days.
    private static func answerDelay(_ random: inout SampleRandom) -> Int64 {
        switch random.number(0...9) {
        case 0...2: Int64(random.number(6...55)) * self.minute
        case 3...7: Int64(random.number(60...420)) * self.minute
        case 8: Int64(random.number(900...1_500)) * self.minute
        default: Int64(random.number(2_000...4_300)) * self.minute
        }
    }

    /// The same day between seven and seventeen o'clock, or the Monday after a weekend.
    private static func officeHour(_ microseconds: Int64, _ random: inout SampleRandom) -> Int64 {
        let date = Timestamp(microseconds: microseconds).civilDate
        let weekday = CivilDate(
            daysSinceEpoch: date.daysSinceEpoch + max(0, 8 - date.isoWeekday) * (date.isoWeekday / 6)
        )
        return Timestamp(weekday).microseconds + Int64(random.number(7 * 60...17 * 60)) * self.minute
    }
}

// MARK: - Mail that is no conversation

extension SampleMailbox {
    /// An out-of-office note, a bounce, a newsletter, a web form, spam, and something that was thrown away.
    private static func others(now: Timestamp, _ random: inout SampleRandom) -> [SampleMessage] {
        func message(
            _ name: String,
            _ address: String,
            hoursAgo: Int64,
            subject: String,
            _ text: String,
            form: SampleMessage.Form = .plain,
            folder: String = "INBOX",
            headers: [String] = []
        ) -> SampleMessage {
            SampleMessage(
                folder: folder,
                arrived: Timestamp(microseconds: now.microseconds - hoursAgo * self.hour),
                id: self.id(&random, at: address),
                from: SampleMessage.Person(name: name, address: address),
                to: self.shop,
                subject: subject,
                text: text,
                form: form,
                extraHeaders: headers
            )
        }
        return [
            message(
                "Maria Rossi",
                "m.rossi@posta.example",
                hoursAgo: 60,
                subject: "Out of office",
                "I am away until Monday. In urgent cases ask my colleagues.\n",
                headers: ["Auto-Submitted: auto-replied", "Precedence: bulk"]
            ),
            message(
                "Mail Delivery System",
                "mailer-daemon@mx.nordlicht.example",
                hoursAgo: 200,
                subject: "Undelivered Mail Returned to Sender",
                "This is the mail system. Your message could not be delivered:\n\n<anna@gone.example>: user unknown\n",
                headers: ["Return-Path: <>", "Auto-Submitted: auto-replied"]
            ),
            message(
                "Spokes Weekly",
                "news@spokes.example",
                hoursAgo: 30,
                subject: "Five tyres for the winter",
                "This week: five tyres for the winter.\n\nTo leave this list, follow the link below.\n",
                form: .html,
                headers: [
                    "List-Id: Spokes Weekly <weekly.spokes.example>", "List-Unsubscribe: <https://spokes.example/u>",
                ]
            ),
            message(
                "Nordlicht web form",
                self.shop.address,
                hoursAgo: 9,
                subject: "Contact form: opening hours at Christmas",
                "Are you open between the years?\n\nSent from the form on our page.\n",
                headers: ["Reply-To: Grace Okafor <grace.okafor@letters.example>"]
            ),
            message(
                "Prize Desk",
                "winner@lottery.example",
                hoursAgo: 44,
                subject: "You have won",
                "Claim your prize today.\n",
                form: .html,
                folder: "Junk"
            ),
            message(
                "Cheap Parts",
                "deal@parts.example",
                hoursAgo: 310,
                subject: "10,000 chains, one price",
                "Only today.\n",
                folder: "Trash"
            ),
        ]
    }
}
