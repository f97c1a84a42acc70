/// Waits until `condition` gives a value, looking again and again; the one place where tests wait for others.
///
/// - Parameters:
///   - what: what is waited for, for the error.
///   - limit: after it, the error says that it did not happen.
/// - Returns: the value.
package func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(30),
    _ condition: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now.advanced(by: limit)
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < end else { throw TestSupportError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// As the other form, for a condition that holds or does not.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: limit) { () async throws -> Void? in
        try await condition() ? () : nil
    }
}
