import Crypto
import Testing

@testable import MailTransport

@Suite("SASL, as the client")
struct SASLTests {
    private static func exchange(
        _ mechanism: SASLMechanism,
        user: String = "user",
        password: String = "pencil",
        nonce: String = "rOprNGfwEbeRWgbNEkqO"
    ) -> SASLExchange? {
        SASLExchange(mechanism, user: user, credential: .password(Secret(password)), nonce: nonce)
    }

    private static func text(_ step: SASLExchange.Step?) -> String? {
        if case .send(let bytes) = step { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    // MARK: - SCRAM

    @Test func `SCRAM-SHA-256 is that of RFC 7677`() throws {
        var exchange = try #require(Self.exchange(.scramSHA256))
        #expect(exchange.initialResponse() == Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8))
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        let proof = exchange.received(challenge: Array(first.utf8))
        #expect(
            Self.text(proof)
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        )
        #expect(!exchange.isServerProved)
        let final = exchange.received(challenge: Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        #expect(final == .send([]))
        #expect(exchange.isServerProved)
    }

    @Test func `SCRAM-SHA-1 is that of RFC 5802, so the steps are right for any hash`() throws {
        var scram = try #require(
            SCRAM<Insecure.SHA1>(user: "user", password: Secret("pencil"), nonce: "fyko+d2lbbFgONRv9qkxdawL")
        )
        #expect(String(decoding: scram.clientFirst, as: UTF8.self) == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL")
        let first = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
        let proof = try scram.received(serverFirst: Array(first.utf8))
        #expect(
            String(decoding: proof, as: UTF8.self)
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        )
        try scram.received(serverFinal: Array("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8))
        #expect(scram.isServerProved)
    }

    private static let nonce = "rOprNGfwEbeRWgbNEkqO"

    @Test(arguments: [
        ("r=\(nonce)x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", "iterations"),
        ("r=\(nonce)x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001", "iterations"),
        ("r=\(nonce)x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999", "cannot be read"),
        ("r=\(nonce)x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096", "iterations"),
        ("r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce"), ("r=other,s=AAAA,i=4096", "nonce"),
        ("r=\(nonce)\u{7f},s=AAAA,i=4096", "nonce"), ("r=\(nonce)x,s=,i=4096", "salt"),
        ("r=\(nonce)x,s=!!!!,i=4096", "salt"), ("m=x,r=\(nonce)x,s=AAAA,i=4096", "cannot be read"),
        ("", "cannot be read"), ("e=unknown-user", "cannot be read"),
    ])
    func `a first message that cannot be right ends the exchange`(message: String, reason: String) throws {
        var exchange = try #require(Self.exchange(.scramSHA256))
        _ = exchange.initialResponse()
        guard case .abort(let text) = exchange.received(challenge: Array(message.utf8)) else {
            Issue.record("taken")
            return
        }
        #expect(text.contains(reason), "\(text)")
    }

    @Test(arguments: ["v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "e=other-error", "", "v=AAAA"])
    func `a server that does not know the password is not believed`(message: String) throws {
        var exchange = try #require(Self.exchange(.scramSHA256))
        _ = exchange.initialResponse()
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        _ = exchange.received(challenge: Array(first.utf8))
        guard case .abort = exchange.received(challenge: Array(message.utf8)) else {
            Issue.record("believed")
            return
        }
        #expect(!exchange.isServerProved)
    }

    @Test func `names are escaped, and what would need SASLprep is not sent`() throws {
        var exchange = try #require(Self.exchange(.scramSHA256, user: "a=b,c"))
        #expect(
            exchange.initialResponse().map { String(decoding: $0, as: UTF8.self) } == "n,,n=a=3Db=2Cc,r=\(Self.nonce)"
        )
        #expect(Self.exchange(.scramSHA256, password: "pässword") == nil)
        #expect(Self.exchange(.scramSHA256, user: "") == nil)
    }

    // MARK: - The others

    @Test(arguments: [
        ("tim", "tanstaaftanstaaf", "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), ("", "", "AAA="), ("anna", "ü", "AGFubmEAw7w="),
    ])
    func `PLAIN is NUL, user, NUL, password`(user: String, password: String, expected: String) {
        var exchange = Self.exchange(.plain, user: user, password: password)
        #expect(exchange?.initialResponse().map(Base64.encode) == expected)
        #expect(exchange?.received(challenge: []) == .abort("a second prompt"))
    }

    @Test func `PLAIN waits for the prompt where nothing was sent with the command`() {
        var exchange = Self.exchange(.plain)
        #expect(Self.text(exchange?.received(challenge: [])) == "\0user\0pencil")
    }

    @Test func `LOGIN answers two prompts, whatever they say`() {
        var exchange = Self.exchange(.login)
        #expect(exchange?.initialResponse() == nil)
        let answers = [nil, Array("User Name\0".utf8), nil].map { exchange?.received(challenge: $0) }
        #expect(answers == [.send(Array("user".utf8)), .send(Array("pencil".utf8)), .abort("a third prompt")])
    }

    private static func oauth(_ mechanism: SASLMechanism, user: String, token: String = "t0k~en==") -> SASLExchange? {
        SASLExchange(
            mechanism,
            user: user,
            credential: .token(Secret(token)),
            host: "mail.example.com",
            port: 993,
            nonce: ""
        )
    }

    @Test func `the tokens go as RFC 7628 and Google say, and a refusal is answered so that it is told`() {
        var bearer = Self.oauth(.oauthBearer, user: "a,b@example.com")
        #expect(
            bearer?.initialResponse().map { String(decoding: $0, as: UTF8.self) }
                == "n,a=a=2Cb@example.com,\u{1}host=mail.example.com\u{1}port=993\u{1}auth=Bearer t0k~en==\u{1}\u{1}"
        )
        #expect(bearer?.received(challenge: Array("{\"status\":\"invalid_token\"}".utf8)) == .send([1]))
        #expect(bearer?.serverError == "{\"status\":\"invalid_token\"}")
        #expect(bearer?.received(challenge: []) == .abort("a second prompt"))
        var google = Self.oauth(.xoauth2, user: "a@example.com")
        #expect(
            google?.initialResponse().map { String(decoding: $0, as: UTF8.self) }
                == "user=a@example.com\u{1}auth=Bearer t0k~en==\u{1}\u{1}"
        )
        #expect(google?.received(challenge: []) == .send([]))
    }

    @Test(arguments: SASLMechanism.allCases)
    func `what a mechanism cannot carry is not begun`(mechanism: SASLMechanism) {
        let isOAuth = mechanism == .oauthBearer || mechanism == .xoauth2
        #expect((Self.exchange(mechanism) == nil) == isOAuth)
        #expect((Self.oauth(mechanism, user: "a") == nil) != isOAuth)
        #expect(Self.oauth(mechanism, user: "a", token: "two words") == nil)
        #expect(Self.oauth(mechanism, user: "a\u{1}", token: "t") == nil)
        if mechanism == .plain { #expect(Self.exchange(.plain, password: "p\0") == nil) }
    }

    // MARK: - Base64

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func `base64 goes there and back`(text: String) {
        #expect(Base64.decode(Base64.encode(Array(text.utf8)).utf8) == Array(text.utf8))
    }

    @Test(arguments: ["Zg", "Z===", "====", "Zg==Zg==", "Zm9v!", "Zm 9v", "Z=g="])
    func `what is no base64 is refused`(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
