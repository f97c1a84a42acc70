/// Waits until `condition` holds, looking again and again; the one place where tests wait for others.
///
/// After `limit` it throws an error that says what did not happen.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(30),
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now.advanced(by: limit)
    while !(try await condition()) {
        guard ContinuousClock.now < end else { throw TestSupportError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
