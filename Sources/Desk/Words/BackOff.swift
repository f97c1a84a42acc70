/// How long to wait before the next try: doubling, with jitter, longer where trying again cannot help by itself.
package struct BackOff: Hashable, Sendable {
    /// First and last wait after a passing fault, in seconds.
    package static let transient = (first: 1.0, last: 60.0)
    /// The same after a refused password and the like: providers lock accounts that try often.
    package static let permanent = (first: 60.0, last: 900.0)

    private var failures = 0

    /// Starts with the shortest wait.
    package init() {}

    /// The next wait; `isTransient` when trying again may succeed by itself.
    ///
    /// `jitter` is a factor near 1, so that many workers do not come back at once. It is not shorter than what the server asked for, and
    /// who were told the same time do not come back at once, either.
    package mutating func next(isTransient: Bool, jitter: Double, asked: Duration?) -> Duration {
        let bounds = isTransient ? Self.transient : Self.permanent
        let seconds = min(bounds.first * Double(1 << min(self.failures, 10)), bounds.last)
        self.failures += 1
        return max(.seconds(seconds * jitter), (asked ?? .zero) * (1 + abs(jitter - 1)))
    }
}
