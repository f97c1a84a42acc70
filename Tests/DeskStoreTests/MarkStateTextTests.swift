import Desk
import Testing

@testable import DeskStore

@Suite("Marks in a column")
struct MarkStateTextTests {
    static let states: [MarkState] = {
        let places: [Place] = [.inbox, .agent(Identifier(5)), .closed, .archive, .junk, .folder(Identifier(7))]
        let owners: [Set<Agent.ID>] = [[], [Identifier(5)], [Identifier(5), Identifier(12)]]
        return places.flatMap { place in
            owners.flatMap { owners in
                (0..<8).map { bits in
                    MarkState(
                        place: place,
                        owners: owners,
                        isPending: bits & 1 != 0,
                        isFlagged: bits & 2 != 0,
                        isAnswered: bits & 4 != 0
                    )
                }
            }
        }
    }()

    @Test func `every state comes back as it was written`() throws {
        for state in Self.states { #expect(try MarkStateText.decode(MarkStateText.encode(state)) == state) }
        #expect(Set(Self.states.map { MarkStateText.encode($0) }).count == Self.states.count)
    }

    @Test(arguments: [
        (MarkState(place: .inbox, owners: [], isPending: false, isFlagged: false, isAnswered: false), "inbox;;"),
        (
            MarkState(
                place: .agent(Identifier(5)),
                owners: [Identifier(12), Identifier(5)],
                isPending: true,
                isFlagged: true,
                isAnswered: true
            ), "agent:5;5,12;pfa"
        ),
    ])
    func `the text is the documented one`(state: MarkState, text: String) {
        #expect(MarkStateText.encode(state) == text)
    }

    @Test(arguments: ["", "inbox", "inbox;", "nowhere;;", "agent;;", ";;", "inbox;;;"])
    func `a column that cannot be read is an error, never a guess`(text: String) {
        #expect(throws: StoreError.self) { try MarkStateText.decode(text) }
    }
}
