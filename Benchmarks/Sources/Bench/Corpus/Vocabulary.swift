/// What the made-up mails are made of.
enum Vocabulary {
    struct Person {
        let name: String
        let address: String
    }

    static let shop = Person(name: "Support", address: "support@helpdesk.example")

    static let agents = ["mia", "tom", "ada", "ben", "eva", "finn"].map {
        Person(name: $0.prefix(1).uppercased() + $0.dropFirst() + " Agent", address: "\($0)@helpdesk.example")
    }

    private static let english = """
        parcel waiting since monday could someone please look into it thank you best regards order arrived damaged the box \
        was open and one part is missing screen stays black after update battery drains within hours invoice shows wrong \
        amount refund has not come yet change my address before friday colour differs from picture manual says press twice \
        nothing happens then red light again we tried three cables none works delivery window was missed twice now
        """
        .split(separator: " ").map(String.init)

    private static let european = """
        Paket während größer Rückgabe prüfen für möchte bestätigen schöne Grüße livraison égarée été déjà reçu façon \
        señor dirección mañana también número übrigens straße naïve çok teşekkürler proszę zwrócić część później
        """
        .split(separator: " ").map(String.init)

    private static let given = [
        "Anna", "Jürgen", "Léa", "Piotr", "Noor", "Sofía", "Tove", "Emre", "Lucas", "Ida", "Karim", "Zoë",
    ]
    private static let family = [
        "Adler", "Bakker", "Costa", "Dąbrowski", "Evans", "Fournier", "García", "Holm", "Ito", "Jansen",
    ]

    static func person(_ random: inout Random) -> Person {
        let (first, last) = (random.pick(Self.given), random.pick(Self.family))
        let number = random.below(100_000)
        return Person(
            name: "\(first) \(last)",
            address: "c\(number)@\(random.pick(["acme", "globe", "ini", "hoo"])).example"
        )
    }

    /// So many words, one in six with letters that ASCII has not.
    static func words(_ count: Int, _ random: inout Random) -> String {
        (0..<count).map { _ in random.below(6) == 0 ? random.pick(Self.european) : random.pick(Self.english) }
            .joined(separator: " ")
    }
}
