import Dispatch
import Foundation
import Subprocess

/// Runs a short shell script to its end and gives what it printed.
///
/// The script is a constant; whatever varies comes in as `$1`, `$2`, …, so nothing needs quoting. Children that outlive
/// the script must not hold its output, or this waits for them too.
func runScript(
    _ script: String,
    _ parameters: [String],
    environment: [String: String] = [:],
    outputLimit: Int = 1 << 20,
    during step: String
) async throws -> String {
    // A name is tried in one folder of PATH after the other, with a new process for each: the shell's comes first.
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    var changed = Environment.inherit.updating(["PATH": "/usr/bin:/bin:\(path)"])
    for (name, value) in environment {
        changed = changed.updating([.init(stringLiteral: name): value])
    }
    let result = try await run(
        .name("sh"),
        arguments: Arguments(["-c", script, "sh"] + parameters),
        environment: changed,
        output: .string(limit: outputLimit),
        error: .combinedWithOutput
    )
    let output = result.standardOutput
    guard result.terminationStatus.isSuccess else {
        throw LocalServersError(reason: .commandFailed(output: String(output.suffix(2_000))), during: step)
    }
    return output
}

/// Performs blocking work on a thread that is not one of the cooperative pool's.
///
/// It always runs to its end: cancelling the task does not reach it, which is what clean-up needs.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Result { try work() })
        }
    }
}

/// As the throwing form, for work that cannot fail.
func onThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(returning: work())
        }
    }
}
