/// What is heard on the far end's line, beside its words; times count from the first audio of the call.
package enum LineEvent: Sendable, Equatable {
    /// Somebody, or something, began to speak.
    case speechBegan(at: Duration)
    /// They still do; told about once a second.
    case speechGoesOn(at: Duration)
    /// They stopped at `at`, a moment ago.
    case speechPaused(at: Duration)
    /// A steady tone is being heard that may become a beep.
    case toneBegan(at: Duration)
    /// A beep ended at `at`, 100 ms of near silence ago.
    case beepEnded(at: Duration)
    /// Somebody speaks loudly after the beep, or while the message is played.
    case speechFollows(at: Duration)

    package var at: Duration {
        switch self {
        case .speechBegan(let at), .speechGoesOn(let at), .speechPaused(let at), .toneBegan(let at),
            .beepEnded(let at), .speechFollows(let at):
            at
        }
    }
}
