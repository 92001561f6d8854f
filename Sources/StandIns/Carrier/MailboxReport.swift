/// What a mailbox recorded after its tone.
package struct MailboxReport: Sendable, Equatable {
    /// From the end of the tone to the first sound after it, in audio time; nil where nothing came.
    package var offset: Duration?
    /// Somebody was speaking while the tone sounded.
    package var wasSpokenInto: Bool
    /// From the first sound after the tone to the last one.
    package var messageDuration: Duration
    /// The voice model's items of which something was heard after the tone, by the stamps in their audio.
    package var items: [UInt32]
    /// When the tone was over.
    package var toneEndedAt: ContinuousClock.Instant
}
