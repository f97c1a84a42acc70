/// How long what a server or a rule does not take is left alone.
package enum MarkHold {
    /// A hold ends after an hour; a refused command of the server is tried again then too.
    package static let time = Duration.seconds(3600)
    /// What the server counts and does not show is looked at again by this time, unless it is seen before.
    package static let leftOut = Duration.seconds(60)
}
