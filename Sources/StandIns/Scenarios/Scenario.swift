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
    /// The router calls, and a mailbox answers.
    case voicemail
    /// The caller hangs up in the middle of an answer.
    case hangup
    /// The caller talks until the time is up.
    case maxDuration = "max-duration"
    /// The router places the call.
    case outbound
    /// The caller wants a person; in every other call nobody is there, and the AI comes back.
    case transfer
    /// The router calls somebody who does not want to be called again, and must not do it again.
    case optOut = "opt-out"
}
