import Glibc
import NIOSSL
import Synchronization

/// TLS contexts shared by all connections that trust the same authorities: one holds every authority of the system, about a
/// megabyte, and takes longer to make than a handshake.
enum TLSContexts {
    /// What a context was made of; another file under the same path makes another context.
    private struct Key: Hashable {
        let path: String?
        let device: UInt
        let node: UInt
        let size: Int
        let changedSeconds: Int
        let changedNanoseconds: Int
    }

    private struct Entry {
        let context: NIOSSLContext
        let madeAt: ContinuousClock.Instant
    }

    /// The system's authorities change with its updates; nobody looks which file they are in.
    private static let longestAge = Duration.seconds(3600)
    /// Mailboxes with authorities of their own; more would be replaced files.
    private static let most = 64

    private static let entries = Mutex<[Key: Entry]>([:])

    /// The context for those authorities: the system's, or only those of `caFile`.
    static func context(caFile: String?) throws(TransportError) -> NIOSSLContext {
        let key = self.key(caFile)
        let known = self.entries.withLock { $0[key] }
        if let known, known.madeAt.duration(to: .now) < self.longestAge { return known.context }
        let context = try self.make(caFile: caFile)
        self.entries.withLock { entries in
            if entries.count >= self.most { entries.removeAll() }
            entries[key] = Entry(context: context, madeAt: .now)
        }
        return context
    }

    private static func key(_ path: String?) -> Key {
        var status = stat()
        // A file that cannot be seen has no key of its own; making the context says what is wrong with it.
        if let path { _ = stat(path, &status) }
        return Key(
            path: path,
            device: UInt(status.st_dev),
            node: UInt(status.st_ino),
            size: Int(status.st_size),
            changedSeconds: status.st_mtim.tv_sec,
            changedNanoseconds: status.st_mtim.tv_nsec
        )
    }

    private static func make(caFile: String?) throws(TransportError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.renegotiationSupport = .none
        if let caFile {
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw TransportError(.unreadableCAFile(caFile))
            }
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TransportError(.tls(ServerText.shown("\(error)")))
        }
    }
}
