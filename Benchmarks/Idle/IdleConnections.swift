import Foundation

/// What a thousand idle TLS connections cost: Baton's IMAP connections in IDLE, beside as many bare NIOSSL channels in the same round.
///
/// Three kinds of process: a small TLS server, the bare channels, the IMAP connections; each of the last two opens a few connections, notes
/// its memory, opens the rest, and notes it again. At the end the server says something to all, and everybody must have heard it: otherwise
/// there is no number.
@main
struct IdleConnections {
    static func main() async {
        var arguments = CommandLine.arguments.dropFirst()
        do {
            switch arguments.popFirst() {
            case "server": try await Server.run(folder: arguments.popFirst() ?? "")
            case "bare": try await Bare.run(try Assignment(arguments))
            case "baton": try await BatonRole.run(try Assignment(arguments))
            default: try await Contest.run()
            }
        } catch {
            say("no result: \(error)")
            exit(1)
        }
    }
}

/// What a contestant is to do.
struct Assignment {
    let port: Int
    let caFile: String
    let count: Int

    /// Connections before the first look at memory: what the first ones load, all share.
    static let warmUp = 20

    init(_ arguments: ArraySlice<String>) throws {
        let words = Array(arguments)
        guard words.count == 3, let port = Int(words[0]), let count = Int(words[2]) else {
            throw BenchmarkError("a contestant takes a port, a file and a count")
        }
        (self.port, self.caFile, self.count) = (port, words[1], count)
    }
}
