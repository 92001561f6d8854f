/// A kind of call that the stand-ins can play end to end.
package enum Scenario: String, Sendable, CaseIterable {
    /// A caller has a leak, and an appointment is made.
    case conversation
    /// A caller talks over a long answer.
    case bargeIn = "barge-in"
    /// A question that the voice model passes on to Claude.
    case reasoning
    /// The voice model's socket is lost in the middle of the caller's sentence.
    case modelDrop = "model-drop"
    /// A mailbox answers.
    case voicemail
    /// The caller hangs up in the middle of an answer.
    case hangup
    /// The caller talks until the time is up.
    case maxDuration = "max-duration"
    /// The router places the call.
    case outbound
    /// The caller wants a person.
    case transfer
    /// The caller does not want to be called again.
    case optOut = "opt-out"

    /// Scenarios that this build can play.
    package static let built: [Scenario] = [
        .conversation, .bargeIn, .reasoning, .modelDrop, .voicemail, .hangup, .maxDuration,
    ]

    package var isBuilt: Bool { Self.built.contains(self) }
}
