import Glibc

/// Looks at files without reading them.
enum FileCheck {
    /// Whether this user may read the file.
    static func isReadable(_ path: String) -> Bool {
        access(path, R_OK) == 0
    }
}
