import CallActors

/// What comes of a call that has ended, as far as the call itself knows.
package enum OutcomeRule {
    /// What is known of a call at its end.
    package struct Facts: Sendable, Equatable {
        package var endReason: EndReason
        /// The voice model's session was ready at least once.
        package var modelWasReady: Bool
        /// Either side said something.
        package var somebodySpoke: Bool

        package init(endReason: EndReason, modelWasReady: Bool, somebodySpoke: Bool) {
            self.endReason = endReason
            self.modelWasReady = modelWasReady
            self.somebodySpoke = somebodySpoke
        }

        /// The facts of a call with this transcript; turns without a word do not count as said.
        package init(endReason: EndReason, modelWasReady: Bool, transcript: [TranscriptLine]) {
            self.init(
                endReason: endReason,
                modelWasReady: modelWasReady,
                somebodySpoke: transcript.contains { !$0.content.allSatisfy(\.isWhitespace) }
            )
        }
    }

    /// Where the call goes from its end.
    package enum Decision: Sendable, Equatable {
        /// The record is final now.
        case final(CallRecord.Status, CallRecord.Outcome)
        /// The record is `completed`, and the summary will tell the outcome.
        case summaryNeeded

        /// The status to write at the end.
        package var status: CallRecord.Status {
            switch self {
            case .final(let status, _): status
            case .summaryNeeded: .completed
            }
        }

        /// The outcome to write at the end; nil until the summary is there.
        package var outcome: CallRecord.Outcome? {
            switch self {
            case .final(_, let outcome): outcome
            case .summaryNeeded: nil
            }
        }
    }

    /// Decides from the facts alone.
    ///
    /// `failed` is a call that never came to a talk, every other one is `completed`. The call itself knows when it
    /// reached a voicemail, nobody, or somebody who opted out; where neither side said anything there is nothing to sum
    /// up. All others need a summary.
    package static func decide(_ facts: Facts) -> Decision {
        switch facts.endReason {
        case .voicemail: .final(.completed, .voicemail)
        case .noAnswer, .busy: .final(.completed, .noAnswer)
        case .optedOut: .final(.completed, .declined)
        case .carrierFailed: .final(.failed, .error)
        case .modelFailed where !facts.modelWasReady: .final(.failed, .error)
        case .callerHangup, .aiHangup, .operatorHangup, .transferred, .modelFailed, .maxDuration, .maxCost, .stale,
            .streamLost, .drained, .crashed:
            facts.somebodySpoke ? .summaryNeeded : .final(.completed, .noAnswer)
        }
    }
}
