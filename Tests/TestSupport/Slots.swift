/// Lets so many run at once; the others wait in order of arrival.
///
/// Tests run side by side; each of ours keeps several processes busy, and their time limits are real.
package actor Slots {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// So many at once.
    package init(_ count: Int) {
        self.free = count
    }

    /// Runs `body` when its turn comes.
    package nonisolated func run<R>(_ body: () async throws -> R) async throws -> R {
        await self.take()
        do {
            let result = try await body()
            await self.giveBack()
            return result
        } catch {
            await self.giveBack()
            throw error
        }
    }

    private func take() async {
        if self.free > 0 {
            self.free -= 1
        } else {
            await withCheckedContinuation { self.waiting.append($0) }
        }
    }

    private func giveBack() {
        if self.waiting.isEmpty {
            self.free += 1
        } else {
            self.waiting.removeFirst().resume()
        }
    }
}
