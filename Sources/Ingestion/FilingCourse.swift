import Desk
package import DeskStore

/// What one pass of filing makes of its failures: whose fault each is and what to try next; free of I/O.
///
/// A mail that fails by what is in it keeps its attempt, is tried again alone, and goes to quarantine in the end. What the
/// database does of itself counts against no mail: the mails of the batch are tried one by one, those that fail then are set
/// aside until the next pass, and where one after the other fails the pass ends. So no mail waits for another that cannot be filed.
struct FilingCourse: Sendable, Equatable {
    /// What to do after a failure.
    enum Step: Sendable, Equatable {
        /// Go on; the attempt counts.
        case goOn
        /// Give the attempts back and go on.
        case giveBack
        /// Give the attempts back and end the pass with the error.
        case giveBackAndEnd
        /// End the pass with the error; nothing can be written any more.
        case end
    }

    /// Mails that fail alone, one after the other, until it is the database that is not well.
    static let patience = 3

    /// Mails that are not tried any more in this pass.
    private(set) var aside: Set<Identifier<Placement>> = []
    /// Why the last of them was set aside.
    private(set) var reason: StoreError?
    /// How many mails are to be tried one by one before there are batches again.
    private var single = 0
    private var failuresInARow = 0

    /// How many mails to take next, where `batch` is usual.
    func limit(_ batch: Int) -> Int { self.single > 0 ? 1 : batch }

    /// Mails were filed.
    mutating func filed(_ count: Int) {
        self.failuresInARow = 0
        self.single = max(0, self.single - count)
    }

    /// Filing `mails` failed; the first of them was begun `attempts` times, of which `limit` lead to quarantine.
    mutating func failed(_ mails: [Identifier<Placement>], attempts: Int, limit: Int, _ error: StoreError) -> Step {
        switch Blame(error) {
        case .holder: return .end
        case .connection: return .giveBackAndEnd
        case .mail:
            // Tried before, each comes alone from now on. Not even into quarantine: to try on would be for ever.
            if mails.count == 1, attempts > limit { self.setAside(mails, error) }
            return .goOn
        case .database:
            guard mails.count == 1 else {
                self.single = mails.count
                return .giveBack
            }
            self.setAside(mails, error)
            self.failuresInARow += 1
            return self.failuresInARow < Self.patience ? .giveBack : .giveBackAndEnd
        }
    }

    private mutating func setAside(_ mails: [Identifier<Placement>], _ error: StoreError) {
        self.aside.formUnion(mails)
        self.reason = error
        self.single = max(0, self.single - mails.count)
    }

    /// What is left undone, for people; nil where everything was filed.
    var trouble: FilingTrouble? {
        self.reason.map { FilingTrouble(mails: self.aside.count, reason: $0) }
    }
}

/// Whose fault it is that a mail could not be filed.
private enum Blame {
    /// Another holder works, or the work was cancelled.
    case holder
    /// There is no connection any more.
    case connection
    /// The database, with any mail or with this one; it says nothing against the mail.
    case database
    /// What is in the mail.
    case mail

    init(_ error: StoreError) {
        switch error.reason {
        case .leaseLost, .cancelled: self = .holder
        case .unreachable, .connectionLost, .commitUnknown: self = .connection
        case .duplicate, .undecodable: self = .mail
        case .schemaMissing: self = .database
        case .refused(let state):
            // Cardinality, data, integrity, limits of the program: PostgreSQL appendix A.
            self = ["21", "22", "23", "54"].contains(state.prefix(2)) ? .mail : .database
        }
    }
}

/// Mails that could not be filed, though others could: kept, and tried again.
package struct FilingTrouble: Error, Equatable, Sendable, CustomStringConvertible {
    /// How many.
    package let mails: Int
    /// Why the last of them could not be filed.
    package let reason: StoreError

    /// For people: what happened.
    package var description: String {
        "\(self.mails == 1 ? "1 mail" : "\(self.mails) mails") cannot be filed, kept to be tried again: \(self.reason)"
    }
}
