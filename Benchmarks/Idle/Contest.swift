import Foundation

/// The rounds: server, then both contestants in turn.
enum Contest {
    static func run() async throws {
        let values = ProcessInfo.processInfo.environment
        let count = Int(values["BENCH_CONNECTIONS"] ?? "") ?? 1000
        let rounds = Int(values["BENCH_ROUNDS"] ?? "") ?? 3
        let folder = FileManager.default.temporaryDirectory.appending(path: "baton-idle-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            // What is left is a temporary file without a secret of anybody's.
            try? FileManager.default.removeItem(atPath: folder)
        }
        try self.makeCertificate(in: folder)
        say(
            "Idle connections: \(count) over TLS, Baton's in IDLE beside bare NIOSSL channels; \(rounds) rounds, order rotates.\n"
        )
        var ratios: [Double] = []
        for round in 0..<rounds {
            var figures: [String: Int] = [:]
            for role in round % 2 == 0 ? ["bare", "baton"] : ["baton", "bare"] {
                figures[role] = try await self.measure(role, count: count, folder: folder)
            }
            guard let bare = figures["bare"], let baton = figures["baton"], bare > 0 else {
                throw BenchmarkError("a contestant has no figure")
            }
            ratios.append(Double(baton) / Double(bare))
            say(
                "round \(round + 1): bare \(self.kilobytes(bare)) KiB, Baton \(self.kilobytes(baton)) KiB a connection, "
                    + "ratio \(self.text(ratios[round]))"
            )
        }
        let sorted = ratios.sorted()
        say(
            "\nratio: \(self.text(sorted[0])) / \(self.text(sorted[sorted.count / 2])) / "
                + "\(self.text(sorted[sorted.count - 1])) (minimum / median / maximum; at most 1.30 is the aim)"
        )
    }

    private static func kilobytes(_ bytes: Int) -> String { self.text(Double(bytes) / 1024) }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

    private static func measure(_ role: String, count: Int, folder: String) async throws -> Int {
        let server = try Player("server", [folder])
        let port = try server.line()
        let player = try Player(role, [port, folder + "/ca.pem", "\(count)"])
        guard try player.line() == "ready" else { throw BenchmarkError("\(role) is not ready") }
        server.tell()
        let figure = try player.line()
        player.end()
        server.end()
        guard let bytes = Int(figure) else { throw BenchmarkError("\(role) says \(figure)") }
        return bytes
    }

    private static func makeCertificate(in folder: String) throws {
        let script = """
            set -eu; cd "$1"; umask 077
            new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $new -days 3 -subj '/CN=Test authority' -keyout ca.key -out ca.pem
            openssl req $new -subj /CN=test -keyout server.key -out server.csr
            printf 'subjectAltName=DNS:localhost\\nextendedKeyUsage=serverAuth\\n' > server.ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 2 -extfile server.ext -out server.pem
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh", folder]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError("openssl made no certificate") }
    }
}

/// This program again, in another role.
final class Player {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = Data()

    init(_ role: String, _ arguments: [String]) throws {
        self.process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        self.process.arguments = [role] + arguments
        self.process.standardInput = self.input
        self.process.standardOutput = self.output
        try self.process.run()
    }

    /// The next line it prints.
    func line() throws -> String {
        while true {
            if let end = self.pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: self.pending[self.pending.startIndex..<end], as: UTF8.self)
                self.pending = Data(self.pending[self.pending.index(after: end)...])
                return line
            }
            let more = self.output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BenchmarkError("a process ended early") }
            self.pending += more
        }
    }

    /// Gives it a line.
    func tell() {
        self.input.fileHandleForWriting.write(Data("news\n".utf8))
    }

    /// Ends it and waits for that.
    func end() {
        self.process.terminate()
        self.process.waitUntilExit()
    }
}
