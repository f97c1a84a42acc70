import Glibc

/// Writes whole texts to the standard streams.
///
/// A reader that went away (`baton ticket list | head`) is no failure of ours: writing then ends the program quietly,
/// with the status a shell expects of a broken pipe.
enum Output {
    /// Writes to standard output, as it is, without a line end.
    static func write(_ text: String) {
        Self.write(text, to: STDOUT_FILENO)
    }

    /// Writes one line to standard output.
    static func line(_ text: String = "") {
        Self.write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes one line to standard error.
    static func errorLine(_ text: String) {
        Self.write(text + "\n", to: STDERR_FILENO)
    }

    /// A remark beside a result: on standard error, in the form of every message of this program.
    static func remark(_ text: String) {
        Self.errorLine("baton: " + text)
    }

    /// Writes without a line end to standard error; for a line that is drawn again and again.
    static func writeError(_ text: String) {
        Self.write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
                } else if errno == EPIPE {
                    exit(128 + SIGPIPE)
                } else if errno == EAGAIN {
                    // Somebody made the stream non-blocking; wait until it takes more.
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    exit(ExitStatus.refused.rawValue)
                }
            }
        }
    }
}
