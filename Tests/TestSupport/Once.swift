/// A value made when it is first asked for, by one caller; the others wait for it.
package actor Once<Value: Sendable> {
    private enum State {
        case untouched
        case making([CheckedContinuation<Value, any Error>])
        case made(Result<Value, any Error>)
    }

    private var state = State.untouched

    /// Nothing is made yet.
    package init() {}

    /// The value; `make` runs at most once in the process, and its error is everybody's.
    package func value(_ make: @Sendable () async throws -> Value) async throws -> Value {
        switch self.state {
        case .made(let result):
            return try result.get()
        case .making(let waiting):
            return try await withCheckedThrowingContinuation { continuation in
                self.state = .making(waiting + [continuation])
            }
        case .untouched:
            self.state = .making([])
            let result: Result<Value, any Error>
            do { result = .success(try await make()) } catch { result = .failure(error) }
            if case .making(let waiting) = self.state { for one in waiting { one.resume(with: result) } }
            self.state = .made(result)
            return try result.get()
        }
    }
}
