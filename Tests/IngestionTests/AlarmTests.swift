import IngestionPlan
import Testing

@testable import Ingestion

@Suite("The alarm that wakes a worker")
struct AlarmTests {
    @Test func `rings while nobody waits are kept as one`() async {
        let alarm = Alarm()
        alarm.ring()
        alarm.ring()
        await alarm.wait()
        await alarm.wait()
        #expect(alarm.take())
        #expect(!alarm.take())
    }

    @Test func `news of a folder is told once, and no other ring takes it away`() {
        let alarm = Alarm()
        alarm.ring(newsOf: [1])
        alarm.ring()
        #expect(alarm.take())
        #expect(alarm.takeNews() == [1])
        #expect(alarm.takeNews() == nil)
    }

    @Test(.timeLimit(.minutes(1)))
    func `who waits is woken by a ring, by the end, and by being cancelled`() async {
        for way in 0..<3 {
            let alarm = Alarm()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await alarm.wait() }
                switch way {
                case 0: alarm.ring()
                case 1: alarm.end()
                default: group.cancelAll()
                }
                await group.waitForAll()
            }
            #expect(alarm.isOver == (way == 1))
        }
    }

    @Test func `who has nothing to listen to is told as soon as there is something`() async {
        let plan = CurrentPlan()
        let changes = plan.changes()
        async let waited: Void = changes.wait()
        plan.value = WaitPlan(
            WaitPlan.Facts(hearing: .idle, sweepsAtOnce: true, folders: [[73]], connections: 3, isShort: false)
        )
        await waited
        #expect(changes.take())
        let same = plan.value
        plan.value = same
        #expect(!changes.take())
    }
}
