import Postgres
import Testing

@Suite("Configuration and errors")
struct ConfigurationTests {
    @Test(arguments: [
        ("postgresql://u:secret@h/d", true), ("postgresql://u@h/d?password=secret", true),
        ("host=h password=secret", true), ("postgresql://h/d?sslpassword=secret", true),
        ("postgresql://u@h/d", false), ("host=h user=u", false), ("postgresql:///d?host=/run", false),
    ])
    func `a password in a URI is noticed, and never shown`(_ uri: String, _ hasPassword: Bool) throws {
        let configuration = try PostgresConfiguration.parse(uri: uri)
        #expect(configuration.hasPassword == hasPassword)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("secret"))
    }

    @Test(arguments: ["postgresql://u:secret@[/d", "host=h secret", "postgresql:///d?secret=1"])
    func `a URI that cannot be read is refused without being quoted`(_ uri: String) async {
        let error = await failure { _ = try PostgresConfiguration.parse(uri: uri) }
        #expect(error?.reason == .misuse("the database URI"))
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        "postgresql://u:tops%zzecret@127.0.0.1:1/d", "postgresql://u:tops@ecret@127.0.0.1:1/d",
        "postgresql://u:tops/ecret@127.0.0.1:1/d", "postgresql://u:to?ps@ecret@127.0.0.1:1/d",
        "host=127.0.0.1 port=1 password=tops ecret",
    ])
    func `a connection that fails does not quote a password of a URI that is not well written`(_ uri: String) async {
        let connection = PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: quiet)
        let error = await failure { try await connection.connect() }
        #expect(error?.reason == .connectionFailed)
        #expect(error?.message.contains("ecret") == false && error?.message.contains("tops") == false)
        #expect(error?.message.contains("%25") == true)
        await connection.close()
    }

    @Test func `a connection that fails otherwise says how`() async {
        let uri = "postgresql://u:topsecret@127.0.0.1:1/d"
        let connection = PostgresConnection(configuration: PostgresConfiguration(uri: uri), logger: quiet)
        let error = await failure { try await connection.connect() }
        #expect(error?.message.contains("127.0.0.1") == true)
        // One line, of sentences that one would write.
        #expect(error?.message.contains(";  ") == false && error?.message.contains("\t") == false)
        await connection.close()
    }

    @Test func `without a URI libpq's environment decides`() {
        #expect(!PostgresConfiguration(uri: nil).hasPassword)
    }

    @Test(arguments: [
        (PostgresError.Reason.connectionFailed, true), (.connectionLost, true), (.poolTimeout, true),
        (.commitUnknown, false), (.cancelled, false), (.closed, false), (.decoding("x"), false),
        (.server(.serializationFailure), true), (.server(.deadlockDetected), true), (.server(.diskFull), true),
        (.server(.tooManyConnections), true), (.server(.adminShutdown), true), (.server(.lockNotAvailable), true),
        (.server(.readOnlyTransaction), true), (.server(SQLState(rawValue: "08006")), true),
        (.server(.uniqueViolation), false), (.server(.syntaxError), false), (.server(.undefinedTable), false),
        (.migrationChanged(version: 1), false), (.migrationFailed(version: 1, .lockNotAvailable), true),
        (.migrationFailed(version: 1, .syntaxError), false),
    ])
    func `an error knows whether to try again`(_ reason: PostgresError.Reason, _ isTransient: Bool) {
        #expect(PostgresError(reason: reason).isTransient == isTransient)
    }
}
