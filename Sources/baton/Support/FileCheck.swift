import Desk
import Glibc

/// Looks at files without reading them.
enum FileCheck {
    /// Whether this user may read the file.
    static func isReadable(_ path: String) -> Bool {
        access(path, R_OK) == 0
    }

    /// Whether this user may run the file.
    static func isExecutable(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }

    /// Who beside its owner can read the file; nil when nobody can.
    static func exposure(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & (S_IRGRP | S_IROTH) != 0 else { return nil }
        return status.st_mode & S_IROTH != 0 ? "everybody on this machine" : "its whole group"
    }

    /// When the file, or the link to it, last changed; nil when it cannot be seen.
    static func changedAt(_ path: String) -> Timestamp? {
        var (target, link) = (stat(), stat())
        guard stat(path, &target) == 0, lstat(path, &link) == 0 else { return nil }
        return [target.st_mtim, target.st_ctim, link.st_mtim, link.st_ctim].map { time in
            Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
        }.max()
    }
}
