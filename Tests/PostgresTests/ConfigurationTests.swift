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
