/// The SQL files of this folder, embedded in the binary, oldest first.
///
/// Migrations go forward only; a file that was released is never edited.
package enum BatonMigrations {
    /// One migration: its number, its name and its SQL text.
    package struct File: Sendable {
        /// The number at the head of the file's name.
        package let version: Int
        /// The rest of the file's name, without its ending.
        package let name: String
        /// Everything in the file: several statements.
        package let text: String
    }

    /// All files in order of their version.
    ///
    /// The generated constant is named for the file, its first character made a letter.
    package static var files: [File] {
        [File(version: 1, name: "initial", text: String(decoding: PackageResources._001_initial_sql, as: UTF8.self))]
    }
}
