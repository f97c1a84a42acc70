import Desk
import Testing

@Suite("Waiting after a fault")
struct BackOffTests {
    @Test(arguments: [
        (isTransient: true, waits: [1, 2, 4, 8, 16, 32, 60, 60]),
        (isTransient: false, waits: [60, 120, 240, 480, 900, 900, 900, 900]),
    ])
    func `each wait is twice as long, up to a bound`(isTransient: Bool, waits: [Int]) {
        var backOff = BackOff()
        let taken = waits.map { _ in backOff.next(isTransient: isTransient, jitter: 1, asked: nil) }
        #expect(taken == waits.map { .seconds($0) })
    }

    @Test(arguments: [
        (asked: 0.5, jitter: 1.0, wait: 1.0), (asked: 30, jitter: 1, wait: 30), (asked: 30, jitter: 1.25, wait: 37.5),
        (asked: 30, jitter: 0.75, wait: 37.5), (asked: 0, jitter: 0.75, wait: 0.75),
    ])
    func `it is never shorter than what the server asked for, and spread beyond that`(
        asked: Double,
        jitter: Double,
        wait: Double
    ) {
        var backOff = BackOff()
        let taken = backOff.next(isTransient: true, jitter: jitter, asked: .seconds(asked))
        #expect(taken == .seconds(wait))
    }
}
