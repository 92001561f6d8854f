/// What a mailbox recorded after its tone.
package struct MailboxReport: Sendable, Equatable {
    /// From the end of the tone to the first sound after it, in audio time.
    ///
    /// Negative where somebody spoke on from the tone, nil where nothing came.
    package var offset: Duration?
    /// Somebody was speaking while the tone sounded.
    package var wasSpokenInto: Bool
    /// From the first sound after the tone to the last one.
    package var messageDuration: Duration
    /// The voice model's items that began to be heard after the tone, by the stamps in their audio.
    package var items: [UInt32]
    /// When the tone was over.
    package var toneEndedAt: ContinuousClock.Instant

    init(_ record: CarrierCallRecord, toneStart: ContinuousClock.Instant, toneEnd: ContinuousClock.Instant) {
        let sounds = record.streams.flatMap(\.sounds)
        // A frame at either end is neither before nor after.
        let frame = Duration.milliseconds(20)
        let after = sounds.filter { $0.end > toneEnd + frame }
        self.offset = after.first.map { toneEnd.duration(to: $0.start) }
        self.wasSpokenInto = sounds.contains { $0.start < toneEnd - frame && $0.end > toneStart + frame }
        self.messageDuration =
            after.first.flatMap { first in
                after.last.map { max(first.start, toneEnd).duration(to: $0.end) }
            } ?? .zero
        self.items = record.items.filter { $0.firstHeardAt >= toneEnd - frame && $0.heardByteCount > 0 }.map(\.number)
        self.toneEndedAt = toneEnd
    }
}
