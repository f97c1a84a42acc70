/// Which connections of a pool are free, and who waits for one; free of I/O.
///
/// Connections that are free are used last in, first out, so that few of them stay warm; who waits is served in order.
struct PoolStateMachine<Connection, Waiter: AnyObject> {
    /// What to do for a caller that wants a connection.
    enum Acquisition {
        case use(Connection)
        case create
        case wait
        case refuse
    }

    /// What to do with a connection that comes back, or the right to make one where it is lost.
    enum Release {
        case nothing
        case hand(Connection?, to: Waiter)
        /// The pool is shut down: close it.
        case close(Connection?, isLast: Bool)
    }

    let limit: Int
    private(set) var idle: [Connection] = []
    private(set) var leased = 0
    private(set) var waiters: [Waiter] = []
    private(set) var isShutDown = false

    init(limit: Int) {
        precondition(limit > 0, "a pool needs a connection")
        self.limit = limit
    }

    /// Somebody wants a connection; the waiter is kept only when the answer is to wait.
    mutating func connectionWanted(by waiter: Waiter) -> Acquisition {
        guard !self.isShutDown else { return .refuse }
        if let connection = self.idle.popLast() {
            self.leased += 1
            return .use(connection)
        }
        guard self.leased >= self.limit else {
            self.leased += 1
            return .create
        }
        self.waiters.append(waiter)
        return .wait
    }

    /// A connection came back; `nil` when it was lost.
    mutating func connectionReturned(_ connection: Connection?) -> Release {
        if self.isShutDown {
            self.leased -= 1
            return .close(connection, isLast: self.leased == 0)
        }
        if !self.waiters.isEmpty { return .hand(connection, to: self.waiters.removeFirst()) }
        self.leased -= 1
        if let connection { self.idle.append(connection) }
        return .nothing
    }

    /// A waiter was cancelled or its deadline came; false when it has been served meanwhile.
    mutating func waiterLeft(_ waiter: Waiter) -> Bool {
        guard let index = self.waiters.firstIndex(where: { $0 === waiter }) else { return false }
        self.waiters.remove(at: index)
        return true
    }

    /// No more connections: whom to refuse, what to close, and whether some are still out.
    mutating func shutDown() -> (refused: [Waiter], closed: [Connection], isWaiting: Bool) {
        self.isShutDown = true
        defer {
            self.waiters = []
            self.idle = []
        }
        return (self.waiters, self.idle, self.leased > 0)
    }
}
