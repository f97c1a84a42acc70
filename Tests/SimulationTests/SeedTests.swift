import Simulation
import Testing

/// The pure core under chance: the seeds that found something here, minutes of others in `make test`, built for release.
@Suite struct SeedTests {
    @Test func `a seed decides everything`() {
        let first = Simulation.run(SimulationOptions(seed: 7), isTracing: true)
        let second = Simulation.run(SimulationOptions(seed: 7), isTracing: true)
        #expect(first.trace.count > 100)
        #expect(first.trace == second.trace)
    }

    /// Each broke a law once, by the mistake that its comment names.
    @Test(
        arguments: [
            "24",  // what a person commanded during a first import was never shown
            "88",  // a MOVE of ours between a listing and the comparison began a new epoch
            "22",  // what was written was looked at again for ever where flags are compared
            "557",  // VANISHED named a mail that was there while another had gone unnamed
            "719",  // flags from the opening of a folder overwrote later ones that came with the bytes
            "1152",  // a destination that was renamed meanwhile was made again, unwatched
            "447",  // after a new UIDVALIDITY a copy was taken for the message, with its other flags
            "854 -haste",  // an old mail on a ticket that had changed was never looked at
            "7840",  // a message was decided about while its folder was being recognised
            "2199",  // parked mail was never asked for again where flags are compared
            "589",  // a first import forgot mail that was counted and not shown
            "22646",  // a pass between import and adoption looked at nothing and counted as complete
            "26968",  // a list that left mails out agreed with EXISTS, since as many had vanished meanwhile
            "60",  // what a renumbered folder did not list counted as deleted
            "165",  // another message of a ticket that changed in the same look was judged by what the ticket had been
            "1579",  // what was written to and had vanished untold was looked for again and again
            "9350",  // a message whose folder was renamed was looked at again for ever
            "272126 -clients -contacts -breaker -linger",  // a folder renumbered four times an hour held up the rest
            "193264 -clients -faults -crashes -breaker -linger",  // what a server left out was taken as unwritten
            "33001 steps=400 -breaker",  // the same, by what understood an intent without an answer
            "162757 steps=400 -clients -faults -crashes -breaker -linger",  // the same, a copy in Archive aside
            "133331 -clients -contacts -crashes -breaker -linger",  // of two keywords one was written: it was a gesture
            "81351 steps=400 -clients -faults -crashes -breaker -linger",  // an extra copy counted for a renumbered one
            "216383 steps=400 -clients -breaker -linger",  // a copy under a new UIDVALIDITY counted as a later one
            "98439 steps=400 -administrator -faults -crashes -breaker -linger",  // a first look missed a command
            "100634 -administrator -haste -crashes -breaker -linger",  // the same of a mail that opened the ticket
            "94999 steps=400 -faults -crashes -breaker -linger",  // a decision that had to wait was forgotten
            "29225 -contacts -breaker -linger -adopted",  // the same of a reverted one, with an intent
            "77815 -contacts -faults -crashes -breaker -linger",  // copies seen again were asked for in every pass
            "114430 steps=400 -administrator -breaker -linger -adopted",  // the same, and a look in every pass
            "44055 steps=400 -clients -commands -faults -breaker -linger -adopted",  // All forgot what it withheld
            "50959 steps=400 -contacts -administrator -crashes -breaker -linger",  // moved out of Junk, parked in All
            "50338 steps=320 -commands -administrator -breaker -linger",  // a deleted mail that came again was no act
            "53056 -faults -breaker -linger",  // as many had gone as a list left out, so it was not made again
            "60868 -crashes -breaker -linger",  // what changed of a mail that a list left out was told by nothing
            "6874 steps=320 -clients -administrator -haste -breaker -linger",  // UIDs without flags moved the watermark
            "113785 steps=320 -haste -faults -crashes -breaker -linger",  // out of Junk into All: two acts
            "281932",  // who took \\Deleted off what we were moving made no second copy of it
            "35696 -contacts -haste -faults -breaker -linger",  // renumbered and renamed before anybody looked
            "258969 steps=400 -clients -administrator -faults -breaker -linger",  // renumbered, another copy counted
            "223009 -clients -contacts -faults -crashes -breaker -linger",  // the same while an intent was open
            "298396 steps=400 -commands -haste -faults -breaker -linger -adopted",  // EXPUNGE hid what was left out
            "224298 -commands -administrator -haste -breaker -linger",  // the first import ended during a look
            "244424 -administrator -faults -breaker",  // rest was declared in the middle of a MOVE
            // A copy that was archived before made an archiving of a deletion in Junk.
            "292237 steps=10 -clients -commands -contacts -administrator -haste -faults -crashes -breaker -linger",
        ]
    )
    func `a seed that broke a law breaks none any more`(name: String) throws {
        // They were found when nothing fetched news ahead of everything else.
        for more in [" -news", ""] {
            let options = try #require(SimulationOptions(name: name + more))
            #expect(Simulation.run(options).violation == nil)
        }
    }

    @Test func `a planted mistake is found, shrunk and found again`() throws {
        let options = SimulationOptions(seed: 1, bug: .changesUntold)
        let law = try #require(Simulation.run(options).violation)
        #expect(law.contains("flagging"))
        #expect(Simulation.run(Campaign.shrink(options)).violation != nil)
    }

    @Test func `a name leads to the same simulation again`() throws {
        let options = try #require(SimulationOptions(name: "314 steps=120 -clients -faults"))
        #expect(options.name == "314 steps=120 -clients -faults")
        #expect(SimulationOptions(name: "314 steps=many") == nil)
        #expect(SimulationOptions(name: "x") == nil)
    }

    @Test func `workers that end before any step leave nothing undone`() {
        let (points, failure) = Campaign.crashEverywhere(3)
        #expect(points > 100)
        #expect(failure == nil)
    }
}
