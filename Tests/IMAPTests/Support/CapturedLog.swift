import Logging
import Synchronization

/// Keeps what is logged, at every level, and tells about each line as it comes.
final class CapturedLog: Sendable {
    private let lines = Mutex<[String]>([])
    private let onLine: @Sendable (String) -> Void

    init(onLine: @escaping @Sendable (String) -> Void = { _ in }) {
        self.onLine = onLine
    }

    /// Message and metadata of each line.
    var text: String { self.lines.withLock { $0.joined(separator: "\n") } }

    /// A logger that writes here.
    var logger: Logger {
        var logger = Logger(label: "test", factory: { _ in Handler(captured: self) })
        logger.logLevel = .trace
        return logger
    }

    private func append(_ line: String) {
        self.lines.withLock { $0.append(line) }
        self.onLine(line)
    }

    private struct Handler: LogHandler {
        let captured: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
            self.captured.append("\(event.message) \(values)")
        }
    }
}
