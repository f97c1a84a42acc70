import Glibc

/// A file that must not exist before, for bytes of strangers: nobody else can read it, and no link is followed.
struct NewFile: ~Copyable {
    /// Where it is.
    let path: String
    private let descriptor: Int32

    /// Makes it at `place`, or by `name` in `place` where that is a folder.
    ///
    /// - Throws: ``CommandFailure`` when it exists or cannot be made.
    init(at place: String, named name: String) throws {
        var status = stat()
        let isFolder = stat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        self.path = isFolder ? place + (place.hasSuffix("/") ? "" : "/") + name : place
        self.descriptor = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else {
            let number = errno
            let advice = number == EEXIST ? "Choose a name that is free" : ""
            throw CommandFailure.refused("\(SafeText.line(self.path)) cannot be made: \(Self.reason(number))", advice)
        }
    }

    deinit {
        close(self.descriptor)
    }

    /// Writes all of the bytes.
    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw self.failure(errno)
            }
        }
    }

    /// Has it on the disk.
    func finish() throws {
        guard fsync(self.descriptor) == 0 || errno == EINVAL else { throw self.failure(errno) }
    }

    /// Takes it away again, half written.
    func remove() {
        unlink(self.path)
    }

    private func failure(_ number: Int32) -> CommandFailure {
        .refused("\(SafeText.line(self.path)) cannot be written: \(Self.reason(number))")
    }

    private static func reason(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
