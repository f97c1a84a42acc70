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

        init(version: Int, name: String, bytes: [UInt8]) {
            self.version = version
            self.name = name
            self.text = String(decoding: bytes, as: UTF8.self)
        }
    }

    /// All files in order of their version.
    ///
    /// The generated constant is named for the file, its first character made a letter.
    package static var files: [File] {
        [
            File(version: 1, name: "initial", bytes: PackageResources._001_initial_sql),
            File(version: 2, name: "synchronisation", bytes: PackageResources._002_synchronisation_sql),
            File(version: 3, name: "marks", bytes: PackageResources._003_marks_sql),
            File(version: 4, name: "mail_server", bytes: PackageResources._004_mail_server_sql),
            File(version: 5, name: "recipients", bytes: PackageResources._005_recipients_sql),
            File(version: 6, name: "subscriptions", bytes: PackageResources._006_subscriptions_sql),
            File(version: 7, name: "watched_folders", bytes: PackageResources._007_watched_folders_sql),
            File(version: 8, name: "fewer_lookups", bytes: PackageResources._008_fewer_lookups_sql),
            File(version: 9, name: "intents", bytes: PackageResources._009_intents_sql),
            File(version: 10, name: "belated_writes", bytes: PackageResources._010_belated_writes_sql),
            File(version: 11, name: "belated_commands", bytes: PackageResources._011_belated_commands_sql),
        ]
    }
}
