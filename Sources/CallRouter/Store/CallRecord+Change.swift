import CallActors
import Foundation

extension CallRecord.Status {
    /// How far along an attempt is; both ends of it rank alike.
    private var rank: Int {
        switch self {
        case .queued: 0
        case .initiating: 1
        case .ringing: 2
        case .inProgress: 3
        case .completed, .failed: 4
        }
    }

    /// A call may go from here to `next`: forward only, and from an end nowhere.
    package func mayBecome(_ next: Self) -> Bool { !self.isTerminal && next.rank > self.rank }
}

extension CallRecord {
    /// Applies what `change` may change; what it may not is left as it is, since late news is no error.
    ///
    /// - A status moves forward only, and an end is final: the first end keeps its reason, time and length.
    /// - An outcome once written is never replaced, nor is the summary that goes with it.
    /// - The number of the newest status callback only grows within an attempt.
    /// - Everything else is overwritten where the change gives a value.
    package mutating func apply(_ change: CallChange) {
        let hadEnded = self.status.isTerminal
        if let status = change.status, self.status.mayBecome(status) { self.status = status }
        if !hadEnded || self.endReason == nil { self.endReason = change.endReason ?? self.endReason }
        if !hadEnded || self.endedAt == nil { self.endedAt = change.endedAt ?? self.endedAt }
        if !hadEnded || self.durationSeconds == nil {
            self.durationSeconds = change.durationSeconds ?? self.durationSeconds
        }
        if self.outcome == nil {
            self.outcome = change.outcome
            self.applySummary(of: change)
        } else if change.outcome == nil {
            self.applySummary(of: change)
        }
        if let sequence = change.carrierSequence {
            self.carrierSequence = max(sequence, self.carrierSequence ?? sequence)
        }
        self.answeredBy = change.answeredBy ?? self.answeredBy
        self.callSID = change.callSID ?? self.callSID
        self.startedAt = change.startedAt ?? self.startedAt
        self.transcript = change.transcript ?? self.transcript
        self.recordingURL = change.recordingURL ?? self.recordingURL
        self.usage = change.usage ?? self.usage
        self.costUSD = change.costUSD ?? self.costUSD
    }

    /// Takes a queued call up: from now on it is being dialled.
    package mutating func claim(at date: Date) {
        self.status = .initiating
        self.dialledAt = date
        self.callSID = nil
        self.carrierSequence = nil
    }

    /// Puts the call back to be dialled again, as if the attempt that failed had left nothing but its cost.
    package mutating func requeue(attempt: Int, dialAt: Date) {
        self.status = .queued
        self.attempt = attempt
        self.dialAt = dialAt
        self.callSID = nil
        self.dialledAt = nil
        self.carrierSequence = nil
        self.answeredBy = nil
        self.startedAt = nil
        self.endedAt = nil
        self.durationSeconds = nil
        self.endReason = nil
        self.errorMessage = nil
        self.transcript = []
    }

    private mutating func applySummary(of change: CallChange) {
        self.summary = change.summary ?? self.summary
        self.consumerInterestLevel = change.consumerInterestLevel ?? self.consumerInterestLevel
        self.nextAction = change.nextAction ?? self.nextAction
        self.appointmentTime = change.appointmentTime ?? self.appointmentTime
        self.quoteAmount = change.quoteAmount ?? self.quoteAmount
        self.errorMessage = change.errorMessage ?? self.errorMessage
    }
}
