package import Logging

/// What a listening connection hears.
package enum PostgresNotification: Sendable, Equatable {
    /// Somebody notified a channel; `payload` is empty where none was given.
    case notified(channel: String, payload: String)
    /// Notifications may have been missed: the connection was lost and is back, or the reader was too slow. Look again at everything.
    case reconnected
}

/// A connection of its own that listens and comes back by itself.
package struct PostgresListener: Sendable {
    /// More than this many unread notifications are replaced by one `reconnected`.
    private static let unread = 1_024

    private let configuration: PostgresConfiguration
    private let logger: Logger

    /// Connects to nothing yet.
    package init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Listens to channels while the body runs, which begins when the server has confirmed all of them.
    ///
    /// - Parameters:
    ///   - channels: Their names, which are quoted here: upper and lower case differ.
    ///   - body: Reads the stream, which ends only with the body or its task.
    /// - Returns: What the body returns.
    /// - Throws: The error of the body; `connectionFailed` or `cancelled` when the first connection was not made.
    package func withNotifications<Result>(
        channels: [String],
        _ body: (AsyncStream<PostgresNotification>) async throws -> Result
    ) async throws -> Result {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self,
            bufferingPolicy: .bufferingNewest(Self.unread)
        )
        let thread = try ListenerThread(
            configuration: self.configuration,
            channels: channels,
            logger: self.logger,
            continuation: continuation
        )
        do {
            try await thread.start()
            let result = try await body(stream)
            await thread.stop()
            return result
        } catch {
            await thread.stop()
            throw error
        }
    }
}
