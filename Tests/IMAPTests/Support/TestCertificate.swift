import Foundation
import NIOSSL

/// A certificate of a day's use and the authority that signed it, made by openssl.
struct TestCertificate: Sendable {
    /// The authority, as PEM file.
    let caFile: String
    private let certificateFile: String
    private let keyFile: String
    private let folder: String

    struct OpenSSLFailed: Error {}

    /// One for `localhost`, made once for all tests.
    static func local() async throws -> TestCertificate {
        try await Shared.instance.certificate()
    }

    private actor Shared {
        static let instance = Shared()
        private var made: TestCertificate?

        func certificate() async throws -> TestCertificate {
            if let made { return made }
            let certificate = try await TestCertificate(names: "DNS:localhost")
            self.made = self.made ?? certificate
            return certificate
        }
    }

    /// A certificate for `names`, such as `DNS:localhost` or `IP:127.0.0.1`.
    init(names: String, days: Int = 2) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("baton-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        self.folder = folder
        self.caFile = folder + "/ca.pem"
        self.certificateFile = folder + "/server.pem"
        self.keyFile = folder + "/server.key"
        let script = """
            set -eu; cd "$1"; umask 077
            new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $new -days 3 -subj '/CN=Test authority' -keyout ca.key -out ca.pem
            openssl req $new -subj /CN=test -keyout server.key -out server.csr
            printf 'subjectAltName=%s\\nextendedKeyUsage=serverAuth\\n' "$2" > server.ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days "$3" -extfile server.ext -out server.pem
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh", folder, names, "\(days)"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        guard status == 0 else { throw OpenSSLFailed() }
    }

    /// Removes the files.
    func remove() {
        // What stays behind is a temporary file without a secret of anybody's.
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    func serverContext() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(self.certificateFile).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: self.keyFile, format: .pem)
        return try NIOSSLContext(
            configuration: TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(key)
            )
        )
    }
}
