import Crypto

/// The client's side of SCRAM (RFC 5802), without channel binding, free of I/O.
///
/// 1. ``clientFirst`` goes to the server.
/// 2. ``received(serverFirst:)`` gives the proof that we know the password.
/// 3. ``received(serverFinal:)`` checks the proof that the server knows it too. Without it the log-in is not believed.
struct SCRAM<Hash: HashFunction>: Sendable {
    /// Why the exchange ends; never holds anything of the password.
    struct Failure: Error, Equatable {
        let text: String
    }

    /// RFC 7677 §4 asks for at least this many; fewer would hand a cheap hash of the password to whoever claims to be the server.
    static var fewestIterations: Int { 4096 }
    /// More would be a way to keep us busy: half a second or so of one core.
    static var mostIterations: Int { 1_000_000 }
    private static var longestSalt: Int { 1024 }

    private let nonce: String
    private let password: Secret
    private let clientFirstBare: String
    private var serverSignature: [UInt8]?
    /// Whether the server has proved that it knows the password.
    private(set) var isServerProved = false

    /// An exchange with a `nonce` of printable ASCII without commas, which must never be used twice.
    ///
    /// Nil where user or password hold more than printable ASCII: for others SASLprep (RFC 4013) decides what is sent, and
    /// guessing wrong is a refused log-in.
    init?(user: String, password: Secret, nonce: String) {
        let isPlain = (Array(user.utf8) + Array(password.reveal().utf8)).allSatisfy { (0x20...0x7e).contains($0) }
        guard isPlain, !user.isEmpty, !password.reveal().isEmpty else { return nil }
        let name = user.replacing("=", with: "=3D").replacing(",", with: "=2C")
        self.nonce = nonce
        self.password = password
        self.clientFirstBare = "n=\(name),r=\(nonce)"
    }

    /// 144 random bits, as text.
    static func randomNonce(using generator: inout some RandomNumberGenerator) -> String {
        Base64.encode((0..<18).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// The first message: no channel binding, no other identity to act as.
    var clientFirst: [UInt8] { Array("n,,\(self.clientFirstBare)".utf8) }

    /// Takes `r=…,s=…,i=…`; gives the message with our proof.
    mutating func received(serverFirst message: [UInt8]) throws(Failure) -> [UInt8] {
        guard let text = String(validating: message, as: UTF8.self) else {
            throw Failure(text: "the server's first message is no text")
        }
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 3, let nonce = Self.value("r", fields[0]), let salt = Self.value("s", fields[1]),
            let count = Self.value("i", fields[2]), let iterations = Int(count)
        else { throw Failure(text: "the server's first message cannot be read") }
        let isOurs = nonce.hasPrefix(self.nonce) && nonce.utf8.count > self.nonce.utf8.count
        guard isOurs, nonce.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Failure(text: "the server's nonce does not continue ours")
        }
        guard (Self.fewestIterations...Self.mostIterations).contains(iterations) else {
            throw Failure(text: "the server asks for \(iterations) iterations")
        }
        guard let saltBytes = Base64.decode(salt.utf8), (1...Self.longestSalt).contains(saltBytes.count) else {
            throw Failure(text: "the server's salt cannot be read")
        }
        let withoutProof = "c=biws,r=\(nonce)"
        let signed = Array("\(self.clientFirstBare),\(text),\(withoutProof)".utf8)
        let salted = Self.salted(self.password, salt: saltBytes, iterations: iterations)
        let clientKey = Self.mac(Array("Client Key".utf8), key: salted)
        let signature = Self.mac(signed, key: Array(Hash.hash(data: clientKey)))
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        self.serverSignature = Self.mac(signed, key: Self.mac(Array("Server Key".utf8), key: salted))
        return Array("\(withoutProof),p=\(Base64.encode(proof))".utf8)
    }

    /// Takes `v=…`, and nothing else.
    mutating func received(serverFinal message: [UInt8]) throws(Failure) {
        let text = String(decoding: message.prefix(1024), as: UTF8.self)
        let first = text.split(separator: ",", omittingEmptySubsequences: false).first ?? ""
        if let reason = Self.value("e", first) {
            throw Failure(text: "the server says \(ServerText.shown(String(reason)))")
        }
        guard let value = Self.value("v", first), let signature = Base64.decode(value.utf8),
            let expected = self.serverSignature, Self.areEqual(signature, expected)
        else { throw Failure(text: "the server cannot prove that it knows the password") }
        self.isServerProved = true
    }

    private static func value(_ name: Character, _ field: Substring) -> Substring? {
        field.hasPrefix("\(name)=") ? field.dropFirst(2) : nil
    }

    private static func mac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        Array(HMAC<Hash>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    /// `Hi` of RFC 5802 §2.2, which is PBKDF2 with one block.
    private static func salted(_ password: Secret, salt: [UInt8], iterations: Int) -> [UInt8] {
        let key = SymmetricKey(data: Array(password.reveal().utf8))
        var block = Array(HMAC<Hash>.authenticationCode(for: salt + [0, 0, 0, 1], using: key))
        var result = block
        for _ in 1..<iterations {
            block = Array(HMAC<Hash>.authenticationCode(for: block, using: key))
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }

    /// In a time that says nothing about where they differ.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
