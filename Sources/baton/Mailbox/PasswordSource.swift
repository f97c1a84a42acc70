import Foundation
import Glibc
import MailTransport

/// Where a mailbox's password comes from: a file, or a variable of the environment; never an argument.
enum PasswordSource: Equatable, Sendable {
    case file(path: String)
    case variable(String)

    /// A password longer than this is a file named by mistake.
    static let longest = 4_096

    /// The source that the settings name; the file where both are set.
    init?(file: String?, variable: String?) {
        if let file {
            self = .file(path: file)
        } else if let variable {
            self = .variable(variable)
        } else {
            return nil
        }
    }

    /// The path as it is stored: absolute, because services start elsewhere; links are kept, because secrets are
    /// replaced by changing a link.
    static func absolutePath(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// Reads the password; a line end after it is dropped.
    ///
    /// - Throws: ``CommandFailure`` that names the source and never the content.
    func read(variable lookUp: (String) -> String? = Environment.variable) throws -> Secret {
        switch self {
        case .file(let path): return Secret(try Self.readFile(path, holding: "password"))
        case .variable(let name):
            guard let value = lookUp(name), !value.isEmpty else {
                throw CommandFailure.refused(
                    "The environment variable \(name), which holds the password, is not set",
                    "Set it for this program, or use --password-file"
                )
            }
            return Secret(value)
        }
    }

    /// Why others than its owner could read the password file; nil when they could not, or for a variable.
    var exposure: String? {
        guard case .file(let path) = self else { return nil }
        return FileCheck.exposure(of: path).map { "The password file \(SafeText.line(path)) can be read by \($0)" }
    }

    /// The one line of text in a file that holds a secret and nothing else; `what` it is, for people.
    static func readFile(_ path: String, holding what: String, longest: Int = Self.longest) throws -> String {
        let name = SafeText.line(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure.refused(
                "Cannot read the \(what) file \(name): \(reason)",
                "It must exist and be readable by the user who runs Baton"
            )
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure.refused("The \(what) file \(name) is a folder")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1_024)
        while bytes.count <= longest {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure.refused("Cannot read the \(what) file \(name)") }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard bytes.count <= longest else {
            throw CommandFailure.refused(
                "The \(what) file \(name) is longer than \(longest) bytes",
                "It must hold the \(what) alone"
            )
        }
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.refused(
                "The \(what) file \(name) is \(bytes.isEmpty ? "empty" : "not UTF-8 text")",
                "It must hold the \(what) alone"
            )
        }
        guard !text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" || $0 == "\0" }) else {
            throw CommandFailure.refused(
                "The \(what) file \(name) has several lines",
                "It must hold the \(what) alone"
            )
        }
        return text
    }
}
