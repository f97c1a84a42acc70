#if !FUZZING
    @testable import IMAP
#endif

/// What is tried with bytes of chance: by `make fuzz` with as many as there is time for, by the tests with those that once
/// were too much.
///
/// Compiled twice: into the tests, and with the grammar alone into the fuzzer, where nothing needs an import.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// One complete response.
    case response
    /// A stream of responses, cut in several ways.
    case framer
    /// Folder names in modified UTF-7.
    case folderNames = "folder-names"
    /// INTERNALDATE.
    case dates
    /// Commands, read back by the grammar of responses.
    case commands

    /// Which of the promises `bytes` break; nil where all are kept.
    func fault(_ bytes: [UInt8]) -> String? {
        switch self {
        case .response: Self.responseFault(bytes)
        case .framer: Self.framerFault(bytes)
        case .folderNames: Self.folderNameFault(bytes)
        case .dates: Self.dateFault(bytes)
        case .commands: Self.commandFault(bytes)
        }
    }

    /// The cost law: at most 32 steps a byte, and a constant.
    static func costFault(steps: Int, bytes: Int) -> String? {
        steps > 32 * bytes + 1000 ? "\(steps) steps for \(bytes) bytes" : nil
    }
}
