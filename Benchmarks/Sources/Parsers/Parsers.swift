import Foundation
import Glibc

/// What reading IMAP's answers costs by itself: no server, no socket, one core.
@main
struct Parsers {
    static func main() {
        do {
            try Self.run()
        } catch {
            say("no result: \(error)")
            exit(1)
        }
    }

    private static func run() throws {
        let settings = try ParserSettings()
        say("Reading IMAP's answers, no server, best pass on one core:")
        for size in [2_000, 22_000, 1_000_000] {
            let sample = StreamSample.bodies(of: size)
            say(Self.line(sample, try sample.measure(seconds: settings.seconds)))
        }
        let flags = StreamSample.flags()
        say(Self.line(flags, try flags.measure(seconds: settings.seconds)))
    }

    private static func line(_ sample: StreamSample, _ seconds: Double) -> String {
        let name = sample.name.padding(toLength: 26, withPad: " ", startingAt: 0)
        let rate = String(format: "%9.0f responses/s", Double(sample.responses) / seconds)
        guard sample.bodyBytes > 0 else { return "  \(name)\(rate)  (at least 1,000,000 are asked for)" }
        let speed = String(format: "%6.2f GB/s", Double(sample.bodyBytes) / seconds / 1e9)
        return "  \(name)\(rate), \(speed)  (at least 1 is asked for)"
    }
}
