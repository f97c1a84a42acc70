/// When a mail reached us.
package enum ArrivalTime {
    /// The server's INTERNALDATE, unless that is a day or more after the newest Received line, as in a migrated mailbox: then that line.
    package static func decide(internalDate: Timestamp, newestReceived: Timestamp?) -> Timestamp {
        guard let newestReceived else { return internalDate }
        return internalDate.duration(since: newestReceived) >= .seconds(86_400) ? newestReceived : internalDate
    }
}

/// When a mail of ours was sent.
package enum AnswerTime {
    /// Its Date, if that lies in the seven days up to INTERNALDATE, else INTERNALDATE; never before the turn's start.
    ///
    /// `turnStart` is the arrival of the message it answers, where that is known.
    package static func decide(date: Timestamp?, internalDate: Timestamp, turnStart: Timestamp?) -> Timestamp {
        var sent = internalDate
        if let date, date <= internalDate, internalDate.duration(since: date) <= .seconds(7 * 86_400) { sent = date }
        return turnStart.map { max($0, sent) } ?? sent
    }
}
