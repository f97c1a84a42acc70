import Glibc

/// A program run to its end, with what it used.
struct Child {
    /// What a process used of the machine.
    struct Usage {
        let wall: Duration
        /// User and system time.
        let cpu: Double
        /// The most memory it had at once (VmHWM), in MiB.
        let peak: Double
    }

    let executable: String
    var environment: [String: String]
    /// Both streams go there; the file is read when the program fails.
    let log: String

    /// Runs it, and throws with the end of its output when its status is not 0.
    @discardableResult
    func run(_ arguments: String...) throws -> Usage {
        try self.run(arguments)
    }

    /// As ``run(_:)`` with the arguments in an array.
    @discardableResult
    func run(_ arguments: [String]) throws -> Usage {
        try self.start(arguments).wait()
    }

    /// Starts it and lets it run.
    func start(_ arguments: [String]) throws -> Running {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, self.log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words = ([self.executable] + arguments).map { strdup($0) } + [nil]
        let variables = self.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        let start = ContinuousClock.now
        var process: pid_t = 0
        guard posix_spawn(&process, self.executable, &actions, nil, words, variables) == 0 else {
            throw BenchmarkError("cannot start \(self.executable)")
        }
        return Running(child: self, arguments: arguments, process: process, start: start)
    }

    /// A program under way.
    struct Running {
        let child: Child
        let arguments: [String]
        let process: pid_t
        let start: ContinuousClock.Instant

        /// Waits for its end; throws with the end of its output when its status is not 0.
        @discardableResult
        func wait() throws -> Usage {
            var (status, usage) = (Int32(0), rusage())
            while wait4(self.process, &status, 0, &usage) < 0 {
                guard errno == EINTR else { throw BenchmarkError("lost \(self.child.executable)") }
            }
            let wall = ContinuousClock.now - self.start
            guard status == 0 else {
                let command = self.arguments.joined(separator: " ")
                throw BenchmarkError("`\(command)` failed:\n\(self.child.output.suffix(2_000))")
            }
            return Usage(wall: wall, cpu: Child.seconds(usage), peak: Double(usage.ru_maxrss) / 1_024)
        }

        /// Asks it to end, and waits until it has.
        @discardableResult
        func stop() throws -> Usage {
            kill(self.process, SIGTERM)
            return try self.wait()
        }
    }

    /// What it wrote last.
    var output: String {
        guard let file = fopen(self.log, "r") else { return "" }
        defer { fclose(file) }
        var (buffer, result) = ([UInt8](repeating: 0, count: 1 << 16), [UInt8]())
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { result += buffer[0..<count] }
        return String(decoding: result, as: UTF8.self)
    }

    static func seconds(_ usage: rusage) -> Double {
        Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
            / 1e6
    }
}
