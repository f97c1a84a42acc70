/// What a conversation of the demo is about; `{order}`, `{bike}` and `{first}` are filled in.
struct SampleTopic {
    let subject: String
    let question: String
    let answer: String
    let followUp: String
    let closing: String

    /// Bikes that people write about.
    static let bikes = ["Polar 7", "Fjord Gravel", "Kittel City", "Tromsø Cargo", "Aurora E2", "Lumi Kids 20"]

    /// A bicycle shop's everyday mail.
    static let all = [
        SampleTopic(
            subject: "Where is my order {order}?",
            question: "I ordered a {bike} eight days ago and the tracking page still says \"label printed\".\nCan you "
                + "find out where the parcel is?",
            answer: "Your {bike} left our depot this morning. The carrier had closed its hub for two days; you should "
                + "have it by Thursday.",
            followUp:
                "Thursday has come and gone, I am afraid. The page now says \"out for delivery\" since yesterday.",
            closing: "The driver had the wrong house number. He comes back tomorrow between nine and noon."
        ),
        SampleTopic(
            subject: "Brake squeals on the {bike}",
            question:
                "The front brake of my {bike} squeals in the wet, loud enough to stop conversations.\nIs that normal "
                + "for disc brakes, or should I bring it in?",
            answer: "New pads need about thirty firm stops before they are bedded in. If it still squeals after that, "
                + "bring it in: we clean the disc for free.",
            followUp: "Thirty stops later it is quieter, but now it rubs a little at low speed.",
            closing: "That is the caliper, half a millimetre off. Come by any day before six, it takes ten minutes."
        ),
        SampleTopic(
            subject: "Invoice for order {order}",
            question:
                "Could you send me the invoice for {order} with our company's name on it?\nOur bookkeeping does not "
                + "accept the receipt.",
            answer: "Of course. Please tell us the exact name and the VAT number, then the invoice goes out today.",
            followUp: "It is Kühn & Söhne GmbH, DE 812 345 678. Thank you!",
            closing: "Done: the invoice is attached to this mail and also in your account."
        ),
        SampleTopic(
            subject: "Battery range of the {bike}",
            question:
                "Your shop says 120 km for the {bike}. I get 70 with a full battery on flat roads.\nIs mine faulty?",
            answer:
                "120 km is at the lowest level of support. At the middle level 70 to 80 is what most of our customers "
                + "see. Which level do you ride?",
            followUp: "Mostly the highest, to be honest. My commute is short and I am always late.",
            closing:
                "Then 70 is a good figure and the battery is fine. The highest level costs about half of the range."
        ),
        SampleTopic(
            subject: "Wrong size delivered ({order})",
            question:
                "I ordered size L and got an M. The box says L, the sticker on the frame says M.\nHow do we swap it?",
            answer: "Our mistake, sorry. We send an L today; the driver takes the M back in the same box.",
            followUp: "The driver came and would not take the M: he had no order for it.",
            closing: "We have booked a pick-up for Friday. Here is the label in case he asks again."
        ),
        SampleTopic(
            subject: "Can I return the {bike}?",
            question:
                "The {bike} is lovely, but it does not fit through my cellar door by a hand's width.\nMay I send it "
                + "back? It has been ridden twice.",
            answer: "Yes, within thirty days, ridden or not. We send a box, you take off the pedals.",
            followUp: "The box is here. Do the pedals go in with it?",
            closing: "Yes please, in the small bag. You have your money back two days after it arrives."
        ),
        SampleTopic(
            subject: "Termin für die Inspektion",
            question:
                "Guten Tag,\nich hätte gern einen Termin für die erste Inspektion meines {bike}.\nGeht es nächste "
                + "Woche früh? Schöne Grüße",
            answer: "Guten Tag, gern: Dienstag um 8 Uhr ist noch frei. Bitte bringen Sie den Ersatzschlüssel mit.",
            followUp: "Dienstag passt. Muss ich das Schloss dalassen?",
            closing: "Nein, das Schloss können Sie behalten. Bis Dienstag!"
        ),
        SampleTopic(
            subject: "App does not find the {bike}",
            question:
                "Since the update last night the app shows \"no bike nearby\" although I stand next to it.\nI have "
                + "restarted the phone twice.",
            answer:
                "Please remove the bike in the phone's Bluetooth settings once, not only in the app, and pair again.",
            followUp: "That worked, but the trips of the last month are gone.",
            closing: "They are on our server. Sign out and in again and they come back within the hour."
        ),
        SampleTopic(
            subject: "Spare key for lock 4471",
            question: "I have lost one of the two keys of my frame lock, number 4471.\nCan I order another one?",
            answer: "Yes, 14 euros, three days. We need a photo of the key card, please.",
            followUp: "Here is the card. Can I pick the key up in the shop?",
            closing: "It is at the counter under your name from Wednesday on."
        ),
        SampleTopic(
            subject: "Charged twice for {order}",
            question: "My card shows two charges for {order}, eleven seconds apart.\nPlease refund one of them.",
            answer:
                "We see one payment and one reservation. The reservation falls away by itself in three working days.",
            followUp: "Five days now, and both are still there. My bank says it is a payment.",
            closing: "You were right and we were wrong: it was a second payment. The refund is on its way."
        ),
        SampleTopic(
            subject: "Child seat on the {bike}?",
            question:
                "Which child seat fits the carrier of the {bike}? Our daughter is two.\nWe cycle on cobbles every day.",
            answer:
                "Any with the MIK HD adapter. For cobbles we suggest one with springs; two are on show in the shop.",
            followUp: "Do you fit it as well, and what does it cost?",
            closing: "Fitting is free when you buy it here, and takes a quarter of an hour."
        ),
        SampleTopic(
            subject: "Quote for six bikes",
            question:
                "Our office would like to buy or lease six {bike}.\nCould you make us an offer, with a yearly service?",
            answer: "Gladly. Do you want one lock key for all six, and who should the contract be with?",
            followUp: "One key for all, yes. The contract is with Weber Planung, Hauptstraße 3.",
            closing: "The offer is attached, good for thirty days. Call me if anything is unclear."
        ),
        SampleTopic(
            subject: "Light flickers",
            question:
                "The rear light of my {bike} flickers over every bump.\nI ride home in the dark, so this is rather urgent.",
            answer: "Please look whether the plug under the saddle is pushed in all the way. It clicks when it is.",
            followUp: "It clicked. It still flickers, only less.",
            closing: "Then it is the light. Come by today until seven and we change it while you wait."
        ),
        SampleTopic(
            subject: "Change of address",
            question: "We move at the end of the month. Please send {order} to the new address:\nLindenallee 12, "
                + "2. Stock rechts.",
            answer: "Changed. If the parcel leaves before the 28th, we will ask you first.",
            followUp: "Thanks. My number has changed as well: it ends in 77 now.",
            closing: "Noted, and the carrier has it too."
        ),
    ]

    /// People who write in.
    static let contacts = [
        ("Jürgen Köhler", "j.koehler@waldpost.example"), ("Zoë Lindqvist", "zoe@lindqvist.example"),
        ("Łukasz Nowak", "lukasz.nowak@poczta.example"), ("Maria Rossi", "m.rossi@posta.example"),
        ("Peter Jansen", "p.jansen@fiets.example"), ("Aylin Yılmaz", "aylin@mektup.example"),
        ("Tom Baker", "tom.baker@inbox.example"), ("Chloé Lefèvre", "chloe@courrier.example"),
        ("Henrik Sørensen", "henrik@brev.example"), ("Nora Weiß", "nora.weiss@waldpost.example"),
        ("Omar Haddad", "omar@barid.example"), ("Grace Okafor", "grace.okafor@letters.example"),
        ("Stefan Brandt", "brandt@weber-planung.example"), ("Yuki Tanaka", "yuki@tegami.example"),
        ("Inês Duarte", "ines@correio.example"), ("Paul Kühn", "p.kuehn@kuehn-soehne.example"),
    ]
}
