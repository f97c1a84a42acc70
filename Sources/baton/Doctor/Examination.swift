import Desk
import DeskStore

/// What follows from what the doctor saw; no I/O but a look at the credentials.
enum Examination {
    /// A mailbox at work is synchronised at least every few minutes.
    static let staleAfter = Duration.seconds(15 * 60)
    /// An intent lives for seconds; one this old waits for a worker that is not there.
    static let intentStaleAfter = Duration.seconds(10 * 60)
    /// Clocks further apart than this make times of events misleading.
    static let clockTolerance = Duration.seconds(2)

    /// That the database is there, else this is not reached, and whether its schema is ours.
    static func database(_ status: DatabaseStatus) -> [Finding] {
        let reached = Finding(.ok, "database", "\(status.database) on PostgreSQL \(status.serverVersion)")
        let newer = status.migrations.filter { !$0.isKnown }
        let missing = status.migrations.filter { $0.appliedAt == nil }
        if !newer.isEmpty {
            let finding = Finding(
                .fail,
                "schema",
                "\(newer.count) steps newer than this program",
                advice: "install the newer program"
            )
            return [reached, finding]
        }
        if !missing.isEmpty {
            let finding = Finding(
                .fail,
                "schema",
                "\(missing.count) steps not applied",
                advice: "baton database migrate"
            )
            return [reached, finding]
        }
        return [reached, Finding(.ok, "schema", "current")]
    }

    /// How far the clocks of the database and of this machine are apart, as far as one can tell from here.
    static func clock(database: Timestamp, before: Timestamp, after: Timestamp) -> Finding {
        let ahead = database.duration(since: after)
        let behind = before.duration(since: database)
        let difference = max(.zero, max(ahead, behind))
        guard difference > Self.clockTolerance else {
            return Finding(.ok, "clocks", "this machine and the database agree")
        }
        let direction = ahead > .zero ? "ahead of" : "behind"
        return Finding(
            .warn,
            "clocks",
            "the database is \(ReadableTime.duration(difference)) \(direction) this machine",
            advice: "let both follow a time server: commands are dated by the database, mail by its server"
        )
    }

    /// Whether the password or token and the authorities can be read by this user.
    static func credentials(_ mailbox: MailboxHealth) -> [Finding] {
        let subject = "mailbox \(mailbox.name)"
        let source = CredentialSource(
            passwordFile: mailbox.passwordFile,
            passwordVariable: mailbox.passwordVariable,
            tokenFile: mailbox.link.tokenFile,
            tokenCommand: mailbox.link.tokenCommand
        )
        guard let source else {
            return [
                Finding(
                    .fail,
                    subject,
                    "has no password",
                    advice: "baton mailbox edit \(mailbox.name) --password-file FILE"
                )
            ]
        }
        var findings: [Finding] = []
        do {
            let remark = try Self.remark(on: source)
            findings.append(
                remark.map { Finding(.warn, subject, $0, advice: "chmod 600 it") }
                    ?? Finding(.ok, subject, Self.consent(to: source))
            )
        } catch let failure as CommandFailure {
            // A variable belongs to the service; that this shell lacks it proves nothing.
            let severity: Finding.Severity = if case .password(.variable) = source { .warn } else { .fail }
            findings.append(Finding(severity, subject, failure.problem, advice: failure.advice))
        } catch {
            findings.append(Finding(.fail, subject, "its password cannot be read"))
        }
        if let caFile = mailbox.caFile, !FileCheck.isReadable(caFile) {
            findings.append(
                Finding(
                    .fail,
                    subject,
                    "its authorities cannot be read from \(caFile)",
                    advice: "baton mailbox edit \(mailbox.name) --ca-file FILE"
                )
            )
        }
        return findings
    }

    /// What is to say of a source that can be read; nothing is run.
    private static func remark(on source: CredentialSource) throws -> String? {
        switch source {
        case .password(let password):
            _ = try password.read()
            return password.exposure
        case .tokenFile(let path):
            _ = try PasswordSource.readFile(path, holding: "token", longest: CredentialSource.longestToken)
            return FileCheck.exposure(of: path).map { "The token file \(path) can be read by \($0)" }
        case .tokenCommand(let words):
            let program = words.first ?? ""
            guard FileCheck.isExecutable(program) else {
                throw CommandFailure.refused("The token command \(program) cannot be run")
            }
            return nil
        }
    }

    private static func consent(to source: CredentialSource) -> String {
        switch source {
        case .password: "its password can be read"
        case .tokenFile: "its token can be read"
        case .tokenCommand: "its token command can be run"
        }
    }

    /// Whether the mail server wants to be left alone.
    static func server(_ mailbox: MailboxHealth, now: Timestamp) -> [Finding] {
        let subject = "mailbox \(mailbox.name)"
        var findings: [Finding] = []
        if mailbox.link.logInRefusals >= LogInGuard.tries {
            findings.append(
                Finding(
                    .fail,
                    subject,
                    "the log-in was refused \(mailbox.link.logInRefusals) times in a row and is not tried any more",
                    advice: "change the password or token, then: baton mailbox probe \(mailbox.name)"
                )
            )
        }
        if let until = mailbox.link.waitsUntil, until > now {
            let reason = mailbox.link.waitsBecause.map { ": \($0)" } ?? ""
            let wait = ReadableTime.duration(until.duration(since: now))
            findings.append(Finding(.warn, subject, "the mail server asked for a pause of \(wait)\(reason)"))
        }
        let latched = mailbox.link.off.filter { $0.value != nil }.keys.sorted()
        if !latched.isEmpty {
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "the mail server contradicts its own offer, so Baton does without: \(latched.joined(separator: ", "))",
                    advice:
                        "baton mailbox probe \(mailbox.name); baton mailbox edit \(mailbox.name) --with NAME tries again"
                )
            )
        }
        return findings
    }

    /// What the services left in the database.
    static func mailbox(_ mailbox: MailboxHealth, now: Timestamp) -> [Finding] {
        let subject = "mailbox \(mailbox.name)"
        var findings = [Self.synchronisation(mailbox, subject: subject, now: now)]
        if let error = mailbox.lastError {
            let when = mailbox.lastErrorAt.map { " at \(ReadableTime.instant($0)) UTC" } ?? ""
            findings.append(
                Finding(.fail, subject, "last error\(when): \(error)", advice: "baton mailbox probe \(mailbox.name)")
            )
        }
        if mailbox.unfiled > 0, mailbox.adoptedAt != nil {
            findings.append(Finding(.warn, subject, "\(mailbox.unfiled) mails are fetched and not filed yet"))
        }
        if mailbox.quarantined > 0 {
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "\(mailbox.quarantined) mails could not be read and are quarantined, each with a ticket",
                    advice: "baton quarantine list; read them in a mail client, and answer from there"
                )
            )
        }
        if mailbox.heldGestures > 0 {
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "\(mailbox.heldGestures) changes made in the mailbox are held back by the breaker",
                    advice: "baton mailbox gestures list \(mailbox.name), then accept or revert"
                )
            )
        }
        if mailbox.heldMarks > 0 {
            let age =
                mailbox.heldSince.map { ", the oldest for \(ReadableTime.duration(now.duration(since: $0)))" } ?? ""
            let reason = mailbox.heldReason.map { ": \($0)" } ?? ""
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "\(mailbox.heldMarks) marks are held\(age)\(reason)",
                    advice: "they are tried again by themselves; all reasons: baton mailbox show \(mailbox.name)"
                )
            )
        }
        if mailbox.lacksKeywords {
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "the server keeps no keywords: owners show as folders alone",
                    advice: "baton mailbox edit \(mailbox.name) --layout folders"
                )
            )
        }
        if mailbox.leftDeleted > 0 {
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "\(mailbox.leftDeleted) mails that were moved are still where they were, marked as deleted: the server "
                        + "cannot expunge single mails",
                    advice: "have a mail client compact the folders when nobody else has deleted mail there to keep"
                )
            )
        }
        if !mailbox.troubledFolders.isEmpty {
            findings.append(
                Finding(
                    .fail,
                    subject,
                    "folders are not synchronised: \(mailbox.troubledFolders.joined(separator: "; "))",
                    advice: "look at them on the server; what lies in them is held meanwhile"
                )
            )
        }
        if !mailbox.missingFolders.isEmpty {
            findings.append(
                Finding(
                    .fail,
                    subject,
                    "folders are missing on the server: \(mailbox.missingFolders.joined(separator: ", "))",
                    advice: "create them again or give them their former names; nothing is taken for deleted meanwhile"
                )
            )
        }
        if let oldest = mailbox.oldestIntent, now.duration(since: oldest) > Self.intentStaleAfter {
            let age = ReadableTime.duration(now.duration(since: oldest))
            findings.append(
                Finding(
                    .warn,
                    subject,
                    "marks were about to be written \(age) ago, and it is not known whether they were",
                    advice: "the next complete synchronisation finds out: see that `baton run` is at work"
                )
            )
        }
        return findings
    }

    private static func synchronisation(_ mailbox: MailboxHealth, subject: String, now: Timestamp) -> Finding {
        if let paused = mailbox.pausedAt {
            return Finding(.warn, subject, "paused since \(ReadableTime.instant(paused)) UTC")
        }
        guard let last = mailbox.synchronisedAt else {
            return Finding(.warn, subject, "never synchronised to the end", advice: "baton run")
        }
        let age = now.duration(since: last)
        let text = "synchronised \(ReadableTime.duration(age)) ago"
        if mailbox.adoptedAt == nil { return Finding(.warn, subject, "the first import is under way; \(text)") }
        guard age > Self.staleAfter else { return Finding(.ok, subject, text) }
        return Finding(.warn, subject, text, advice: "see that `baton run` is at work")
    }

    /// Who works on a mailbox now.
    static func leases(_ leases: [LeaseHealth], mailbox: String) -> [Finding] {
        LeasedService.allCases.map { service in
            let subject = "mailbox \(mailbox), \(service.rawValue)"
            guard let lease = leases.first(where: { $0.service == service.rawValue && $0.isHeld }) else {
                return Finding(
                    .warn,
                    subject,
                    "nobody is at work",
                    advice: "baton run, or baton run --only \(service.rawValue)"
                )
            }
            return Finding(.ok, subject, "at work: \(lease.holder)")
        }
    }
}
