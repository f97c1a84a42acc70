import Desk
import Testing

@testable import DeskStore
@testable import Ingestion

@Suite("What a pass of filing makes of its failures")
struct FilingCourseTests {
    private static func placements(_ numbers: ClosedRange<Int64>) -> [Identifier<Placement>] {
        numbers.map { Identifier($0) }
    }

    private static func refused(_ state: String) -> StoreError {
        StoreError(reason: .refused(state: state), statement: "filing.messages", message: "no")
    }

    private static func fail(
        _ course: inout FilingCourse,
        _ numbers: ClosedRange<Int64>,
        attempts: Int = 1,
        _ error: StoreError
    ) -> FilingCourse.Step {
        course.failed(Self.placements(numbers), attempts: attempts, limit: 3, error)
    }

    @Test(
        arguments: [
            ("22021", .goOn), ("23514", .goOn), ("21000", .goOn), ("54000", .goOn), ("58030", .giveBack),
            ("25006", .giveBack), ("42501", .giveBack), ("55P03", .giveBack), ("53100", .giveBack),
            ("57014", .giveBack),
            ("40001", .giveBack), ("XX000", .giveBack), ("P0001", .giveBack),
        ] as [(String, FilingCourse.Step)]
    )
    func `only what is in a mail counts against it`(state: String, step: FilingCourse.Step) {
        var course = FilingCourse()
        #expect(Self.fail(&course, 1...5, Self.refused(state)) == step)
        #expect(course.limit(200) == (step == .goOn ? 200 : 1) && course.trouble == nil)
    }

    @Test(
        arguments: [
            (.unreachable, .giveBackAndEnd), (.connectionLost, .giveBackAndEnd), (.commitUnknown, .giveBackAndEnd),
            (.leaseLost, .end), (.cancelled, .end), (.duplicate, .goOn), (.undecodable, .goOn),
            (.schemaMissing, .giveBack),
        ] as [(StoreError.Reason, FilingCourse.Step)]
    )
    func `without a connection or the lease the pass is over`(reason: StoreError.Reason, step: FilingCourse.Step) {
        var course = FilingCourse()
        #expect(Self.fail(&course, 1...5, StoreError(reason: reason, message: "no")) == step)
    }

    @Test func `one mail that the database does not take is set aside, and the others are filed`() {
        var course = FilingCourse()
        let error = Self.refused("58030")
        #expect(Self.fail(&course, 1...3, error) == .giveBack)
        #expect(Self.fail(&course, 1...1, error) == .giveBack)
        #expect(course.aside == Set(Self.placements(1...1)) && course.limit(200) == 1)
        course.filed(1)
        course.filed(1)
        #expect(course.limit(200) == 200)
        #expect(course.trouble == FilingTrouble(mails: 1, reason: error))
    }

    @Test func `where one after the other fails it is the database, and the pass ends`() {
        var course = FilingCourse()
        let steps = (1...3).map { Self.fail(&course, $0...$0, Self.refused("58030")) }
        #expect(steps == [.giveBack, .giveBack, .giveBackAndEnd])
    }

    @Test func `a mail that cannot even go to quarantine is set aside`() {
        var course = FilingCourse()
        let error = Self.refused("22021")
        for attempts in 1...3 { #expect(Self.fail(&course, 1...1, attempts: attempts, error) == .goOn) }
        #expect(course.aside.isEmpty)
        #expect(Self.fail(&course, 1...1, attempts: 4, error) == .goOn)
        #expect(course.aside.count == 1 && course.trouble?.mails == 1)
    }
}
