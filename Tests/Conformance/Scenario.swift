/// One thing a mail server does for Baton: what is there before, the steps through the client, what is there after.
///
/// A value without a server: the same one runs on every server, each time in folders of its own.
package struct Scenario: Sendable {
    /// A sentence that is true where the scenario passes; unique.
    package let name: String
    /// Folders that are there before, each with its mails.
    package let given: [GivenFolder]
    /// The steps; they throw where an answer is not what it should be, and say which way the server went.
    package let steps: @Sendable (Stage) async throws -> Way
    /// The scenario's folders afterwards, as a second connection sees them.
    package let expected: [FolderState]

    package init(
        _ name: String,
        given: [GivenFolder] = [],
        expected: [FolderState] = [],
        steps: @escaping @Sendable (Stage) async throws -> Way
    ) {
        self.name = name
        self.given = given
        self.steps = steps
        self.expected = expected
    }

    /// All scenarios, in the order of the table.
    package static let all: [Scenario] =
        Self.logIns + Self.folders + Self.mails + Self.flags + Self.places + Self.changes + Self.waiting
}

/// A folder that is there before the steps.
package struct GivenFolder: Sendable {
    /// Its name in the scenario.
    package let name: String
    /// Its mails, by ascending UID.
    package let mails: [GivenMail]

    package init(_ name: String, _ mails: [GivenMail] = []) {
        self.name = name
        self.mails = mails
    }
}

/// A mail that is there before the steps.
package struct GivenMail: Sendable {
    /// Which one.
    package let mail: SampleMail
    /// Its flags and keywords.
    package let flags: [String]

    package init(_ mail: SampleMail, _ flags: [String] = []) {
        self.mail = mail
        self.flags = flags
    }
}

/// How a server came to the same end.
package enum Way: Equatable, Sendable {
    /// With what was to be shown.
    case asOffered
    /// Without it; what was done in its place, in a few words.
    case instead(String)
}

/// A scenario that did not go as it should; says what was seen.
package struct ConformanceError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Throws unless `condition` holds.
package func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw ConformanceError(what()) }
}
