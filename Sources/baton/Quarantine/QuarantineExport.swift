import ArgumentParser
import Desk
import DeskStore

/// `baton quarantine export`.
struct QuarantineExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the bytes of a mail into a new file, as they came.",
        discussion: """
            The file must not exist; only its owner can read it. A folder as the place gives it the name mail-NUMBER.eml. \
            Nothing in the mail decides where it is written. Be careful with what opens it.

              baton quarantine export 12 /tmp/broken.eml
            """
    )

    @OptionGroup var mail: QuarantinedMailArgument

    @Argument(help: "The file to make, or a folder to make it in.")
    var place: String

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await self.database.withDatabase { database in
            let (mail, content) = try await database.unit { unit in
                let mail = try self.mail.find(unit)
                return (mail, try QuarantineQueries.content(unit, mail))
            }
            guard let content else { throw CommandFailure.refused("The bytes of mail \(mail.id) are not kept") }
            let file = try NewFile(at: self.place, named: "mail-\(mail.id).eml")
            do {
                var ordinal = 0
                while true {
                    let next = ordinal
                    let piece = try await database.unit { try QuarantineQueries.piece($0, content, next) }
                    guard let piece else { break }
                    try file.write(piece)
                    ordinal += 1
                }
                try file.finish()
            } catch {
                file.remove()
                throw error
            }
            Output.line(SafeText.line(file.path))
            if let note = mail.note { Output.remark("This is not the whole mail: \(SafeText.line(note))") }
        }
    }
}
