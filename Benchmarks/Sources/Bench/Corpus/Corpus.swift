/// A support mailbox, made up: the same count and seed give the same bytes.
///
/// About two thirds of the text is in two forms (alternative), a third is plain, one mail in five carries attachments of
/// up to 7 MB, one in 200 is malformed. Conversations have one to twelve mails; our own answers lie in Sent.
struct Corpus {
    /// Where one message stands.
    struct Entry {
        let thread: Int
        /// Its place in the thread, from 0.
        let position: Int
        /// Seconds since 1970.
        let arrived: Int
    }

    /// A message ready to be appended or inserted.
    struct Mail {
        let folder: String
        let id: String
        let parent: String?
        let thread: String
        let subject: String
        let sender: String
        let arrived: Int
        let bytes: [UInt8]
    }

    let count: Int
    let seed: UInt64
    private let entries: [Entry]
    private let noise: [UInt8]

    private static let end = 1_795_000_000
    private static let year = 365 * 86_400
    private static let lengths = [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 12]

    /// Plans `count` messages in order of arrival; their bytes are made when asked for.
    init(count: Int, seed: UInt64) {
        self.count = count
        self.seed = seed
        var entries: [Entry] = []
        var thread = 0
        while entries.count < count {
            var random = Random(seed, thread * 2)
            var arrived = Self.end - random.below(Self.year)
            for position in 0..<min(random.pick(Self.lengths), count - entries.count) {
                entries.append(Entry(thread: thread, position: position, arrived: arrived))
                arrived += 61 + random.logNormal(median: 10_800, spread: 1.4, limit: 14 * 86_400)
            }
            thread += 1
        }
        self.entries = entries.sorted { ($0.arrived, $0.thread, $0.position) < ($1.arrived, $1.thread, $1.position) }
        // What attachments are cut from: base64 lines of 76 letters, which compress as little as pictures do.
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var random = Random(seed, -1)
        var noise: [UInt8] = []
        noise.reserveCapacity(10_000_000)
        while noise.count < 9_750_000 {
            var bits = random.next()
            for _ in 0..<10 {
                if noise.count % 78 == 76 { noise += [13, 10] }
                noise.append(letters[Int(bits & 63)])
                bits >>= 6
            }
        }
        self.noise = noise
    }

    /// The n-th message in order of arrival.
    func mail(_ index: Int) -> Mail {
        let entry = self.entries[index]
        let isOurs = entry.position % 2 == 1
        var people = Random(self.seed, entry.thread * 2)
        let contact = Vocabulary.person(&people)
        let agent = people.pick(Vocabulary.agents)
        var titles = Random(self.seed, entry.thread * 2 + 1)
        let topic = Vocabulary.words(3 + entry.thread % 5, &titles)
        let subject = entry.position == 0 ? topic : "Re: \(topic)"
        var letter = Letter(
            entry: entry,
            random: Random(self.seed, 1_000_000_007 + entry.thread * 64 + entry.position),
            from: isOurs ? agent : contact,
            to: isOurs ? contact : Vocabulary.shop,
            subject: subject,
            id: self.id(entry.thread, entry.position),
            ancestors: (0..<entry.position).map { self.id(entry.thread, $0) },
            noise: self.noise
        )
        return Mail(
            folder: isOurs ? "Sent" : "INBOX",
            id: letter.id,
            parent: letter.ancestors.last,
            thread: self.id(entry.thread, 0),
            subject: subject,
            sender: letter.from.address,
            arrived: entry.arrived,
            bytes: letter.write()
        )
    }

    private func id(_ thread: Int, _ position: Int) -> String {
        var random = Random(self.seed, 500_000_003 + thread * 64 + position)
        return "<\(String(random.next(), radix: 36)).\(thread).\(position)@mail.example>"
    }
}
