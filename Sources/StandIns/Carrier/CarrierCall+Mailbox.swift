extension CarrierCall {
    /// Plays an answering machine to its end: its greeting, its tone, and the recording of what is said after that.
    ///
    /// The machine hangs up when nobody says anything more, unless the router has ended the call before.
    ///
    /// - Parameter mailbox: What to play; there must be a tone in it.
    /// - Returns: What was recorded; also in ``CarrierCallRecord/mailbox``.
    /// - Throws: ``StandInTimeout`` where the call does not come to its end.
    @discardableResult
    package func answer(as mailbox: Mailbox) async throws -> MailboxReport {
        var tone = 0
        for part in mailbox.parts {
            let number = self.begin(part.clip)
            if part.isTone { tone = number }
        }
        let played = tone
        let length = mailbox.parts.reduce(Duration.zero) { $0 + $1.clip.duration }
        try await self.record.wait(for: "the mailbox to give its tone", within: length + .seconds(10)) { record in
            record.utterances[played].endedAt != nil || record.end != nil ? () : nil
        }
        let now = ContinuousClock.now
        let (toneStart, toneEnd) = self.record.read { record in
            let utterance = record.utterances[played]
            return (utterance.startedAt ?? now, utterance.endedAt ?? now)
        }
        if let detection = mailbox.detection { self.report(answeredBy: detection.answeredBy, after: detection.after) }
        // A recording that is still talked to after the longest message is cut off: a timeout is an end like any other.
        _ = try? await self.record.wait(for: "the end of the message", within: mailbox.longestMessage) { record in
            let lastSound = max(record.ear.lastSoundAt ?? toneEnd, toneEnd)
            return record.end != nil || lastSound.duration(to: .now) >= mailbox.patience ? true : nil
        }
        self.hangUp()
        _ = try await self.ended(within: .seconds(10))
        let report = self.record.update { record in
            let report = MailboxReport(record, toneStart: toneStart, toneEnd: toneEnd)
            record.mailbox = report
            return report
        }
        return report
    }
}
