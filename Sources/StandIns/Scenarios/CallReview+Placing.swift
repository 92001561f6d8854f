import Wire

/// What must be true of a call that reached a mailbox or was transferred.
extension CallReview {
    /// The message begins within 300 ms after the tone, and all of it is heard.
    mutating func reviewMailbox() {
        guard let report = self.call.mailbox else {
            self.problems.append("the mailbox did not come to its end")
            return
        }
        guard let offset = report.offset else {
            self.problems.append("no message was left")
            return
        }
        if report.wasSpokenInto || offset < .zero { self.problems.append("somebody spoke into the tone") }
        if offset > .milliseconds(300) { self.problems.append("the message began \(offset) after the tone") }
        // 250 characters a quarter of a minute: a message is never shorter than this.
        if report.messageDuration < .seconds(4) {
            self.problems.append("the message was only \(report.messageDuration) long")
        }
        for number in report.items {
            let spoken = self.connections.flatMap(\.spoken).first { $0.number == number }
            let heard = self.call.heardMilliseconds(ofItem: number)
            // Marks and frames may be apart by one frame at either end.
            guard let spoken, heard < spoken.sentMilliseconds - 40 else { continue }
            self.problems.append("only \(heard) of \(spoken.sentMilliseconds) ms of the message were heard")
        }
        if let end = self.call.endedAt, report.toneEndedAt.duration(to: end) > report.messageDuration + .seconds(5) {
            self.problems.append("the call went on long after the message")
        }
    }

    /// A number was dialled into the call; where somebody answered, the AI did not come back.
    mutating func reviewTransfer() {
        guard let leg = self.call.legs.first else {
            self.problems.append("nobody was dialled")
            return
        }
        if self.call.legs.count > 1 { self.problems.append("\(self.call.legs.count) numbers were dialled") }
        let streamsAfter = self.call.streams.filter { $0.openedAt > leg.startedAt }.count
        switch (leg.status, streamsAfter) {
        case ("completed", 0), ("no-answer", 1): break
        case ("completed", _): self.problems.append("the AI came back after a transfer that was answered")
        case ("no-answer", _): self.problems.append("the AI did not come back once after the transfer failed")
        default: self.problems.append("the dialled leg ended as \(leg.status ?? "nothing")")
        }
    }
}
