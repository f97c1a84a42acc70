import Glibc

/// An account of the operating system that a server runs as.
struct ServerUser: Equatable, Sendable {
    let name: String
    let userID: UInt32
    let groupID: UInt32

    /// The name of its group, which is its number where the system knows no name.
    var groupName: String {
        var entry = group()
        var result: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let start = buffer.baseAddress, getgrgid_r(self.groupID, &entry, start, buffer.count, &result) == 0,
                result != nil, let name = entry.gr_name
            else { return String(self.groupID) }
            return String(cString: name)
        }
    }

    /// The account of this process.
    static var current: ServerUser {
        ServerUser(name: Self.name(of: geteuid()), userID: geteuid(), groupID: getegid())
    }

    /// The account with this name, or nil where there is none.
    static func named(_ name: String) -> ServerUser? {
        Self.lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    /// The words put before a command to run it as this account, ended by `signal` when its parent dies.
    ///
    /// `setpriv` and not the subprocess library's own switch of user: that one calls glibc after a bare clone and can hang.
    func prefix(stopSignal signal: String) -> [String] {
        let switching =
            geteuid() == 0 && self.userID != 0
            ? ["--reuid=\(self.userID)", "--regid=\(self.groupID)", "--clear-groups"] : []
        return ["setpriv"] + switching + ["--pdeathsig=\(signal)", "--"]
    }

    private static func name(of userID: UInt32) -> String {
        self.lookUp { entry, buffer, size, result in getpwuid_r(userID, entry, buffer, size, result) }?.name
            ?? String(userID)
    }

    private static func lookUp(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> ServerUser? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let start = buffer.baseAddress, call(&entry, start, buffer.count, &result) == 0, result != nil,
                let name = entry.pw_name
            else { return nil }
            return ServerUser(name: String(cString: name), userID: entry.pw_uid, groupID: entry.pw_gid)
        }
    }
}
