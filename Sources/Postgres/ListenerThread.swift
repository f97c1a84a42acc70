import CPostgres
import Logging

/// The thread of a ``PostgresListener``: waits on the socket and on an event that tells it to end.
final class ListenerThread: Sendable {
    private static let firstBackOff = Duration.milliseconds(100)
    private static let longestBackOff = Duration.seconds(5)

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let continuation: AsyncStream<PostgresNotification>.Continuation
    /// Becomes readable when the thread is to end.
    private let ending: Int32
    private let scope = CancelScope()
    private let started = OneShot<Result<Void, PostgresError>>()
    private let ended = OneShot<Void>()

    init(
        configuration: PostgresConfiguration,
        channels: [String],
        logger: Logger,
        continuation: AsyncStream<PostgresNotification>.Continuation
    ) throws(PostgresError) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.continuation = continuation
        self.ending = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard self.ending >= 0 else {
            throw PostgresError(reason: .connectionFailed, message: "no file descriptor left")
        }
    }

    deinit {
        close(self.ending)
    }

    /// Returns when the first connection listens.
    func start() async throws(PostgresError) {
        guard OSThread.start({ self.run() }) else {
            self.ended.resolve(())
            throw PostgresError(reason: .connectionFailed, message: "no thread left")
        }
        let result = await withTaskCancellationHandler {
            await self.started.value()
        } onCancel: {
            self.requestEnd()
        }
        try result.get()
    }

    /// Returns when the connection is closed.
    func stop() async {
        self.requestEnd()
        await self.ended.value()
        self.continuation.finish()
    }

    private func requestEnd() {
        self.scope.request()
        eventfd_write(self.ending, 1)
    }

    // MARK: On the thread

    private func run() {
        defer {
            self.scope.finish()
            self.ended.resolve(())
        }
        do {
            let session = try self.connect()
            self.started.resolve(.success(()))
            self.listen(on: session)
        } catch {
            self.started.resolve(.failure(error))
            return
        }
        var backOff = Self.firstBackOff
        while self.waitUnlessEnding(backOff * Double.random(in: 0.5...1)) {
            do {
                let session = try self.connect()
                backOff = Self.firstBackOff
                self.logger.info("listening again")
                self.continuation.yield(.reconnected)
                self.listen(on: session)
            } catch {
                self.logger.warning("cannot listen", metadata: ["db.error": "\(error)"])
                backOff = min(backOff * 2, Self.longestBackOff)
            }
        }
    }

    private func connect() throws(PostgresError) -> Session {
        let session = try Session.open(self.configuration, scope: self.scope, logger: self.logger)
        self.scope.begin(session.cancelHandle)
        defer { self.scope.begin(nil) }
        let text = self.channels.map { "LISTEN \(quoted($0));" }.joined()
        try session.run(unprepared: text, name: "listen")
        return session
    }

    /// Passes on what comes, until the connection is lost or the thread is to end.
    private func listen(on session: Session) {
        while true {
            let isReadable = unsafe PQconsumeInput(session.pointer) == 1
            self.passOn(from: session)
            guard isReadable, unsafe PQstatus(session.pointer) == CONNECTION_OK else {
                self.logger.warning("listening connection lost")
                return
            }
            var descriptors = [
                pollfd(fd: session.socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: self.ending, events: Int16(POLLIN), revents: 0),
            ]
            unsafe poll(&descriptors, 2, -1)
            if descriptors[1].revents != 0 { return }
        }
    }

    private func passOn(from session: Session) {
        while let notification = unsafe PQnotifies(session.pointer) {
            let channel = unsafe String(cString: notification.pointee.relname)
            let payload = unsafe String(cString: notification.pointee.extra)
            unsafe PQfreemem(notification)
            Self.deliver(.notified(channel: channel, payload: payload), to: self.continuation)
        }
    }

    /// Yields a notification; where an older one had to make room for it, the newest one says that something was missed.
    static func deliver(
        _ notification: PostgresNotification,
        to continuation: AsyncStream<PostgresNotification>.Continuation
    ) {
        if case .dropped = continuation.yield(notification) { continuation.yield(.reconnected) }
    }

    /// Waits; false when the thread is to end.
    private func waitUnlessEnding(_ pause: Duration) -> Bool {
        var descriptor = pollfd(fd: self.ending, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&descriptor, 1, Int32(clamping: pause.wholeMilliseconds)) == 0
    }
}
