import Foundation

/// The corpus of other people's test cases, which lies outside the repository.
enum Corpus {
    /// Named by `BATON_CORPUS`, else beside the repository.
    static let path = ProcessInfo.processInfo.environment["BATON_CORPUS"] ?? "../shared/corpus"

    /// Whether its absence is a failure.
    static let isRequired = ProcessInfo.processInfo.environment["BATON_REQUIRE_CORPUS"] == "1"
}
