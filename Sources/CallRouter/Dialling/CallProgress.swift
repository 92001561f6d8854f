import CallActors

/// What the carrier's news of a call means for its record.
///
/// News comes late, twice, out of order or never. It moves a call forward only, and an end is final.
package enum CallProgress {
    /// What else is known of the call.
    package struct Standing: Sendable, Equatable {
        /// A session carries it.
        package var isLive: Bool
        /// The carrier said that somebody answered.
        package var wasAnswered: Bool
        /// It is being handed to a human.
        package var isTransferred: Bool

        package init(isLive: Bool = false, wasAnswered: Bool = false, isTransferred: Bool = false) {
            self.isLive = isLive
            self.wasAnswered = wasAnswered
            self.isTransferred = isTransferred
        }
    }

    /// What is to be done.
    package enum Step: Sendable, Equatable {
        /// Old news, or news of another attempt.
        case ignore
        /// Write this, if it holds anything.
        case advance(CallChange)
        /// Write this; somebody answered, so the stream is due.
        case answered(CallChange)
        /// The call is over for good.
        case over(EndReason)
        /// The call is over, and its transfer may still tell how it went.
        case overInTransfer
        /// The attempt is over and came to no talk: the call may be tried again.
        case unanswered(EndReason, errorMessage: String?)
    }

    /// Decides what `news` means for `record`.
    package static func step(_ record: CallRecord, _ news: CarrierNews, _ standing: Standing) -> Step {
        // An end in the journal is one too. A queued call waits for its next attempt: this is news of an earlier one.
        guard !record.status.isTerminal, record.endReason == nil, record.status != .queued else { return .ignore }
        guard record.callSID == nil || record.callSID == news.callSID else { return .ignore }
        return news.status.isTerminal
            ? Self.end(record, news, standing) : Self.advance(record, news)
    }

    private static func advance(_ record: CallRecord, _ news: CarrierNews) -> Step {
        if let number = news.sequenceNumber, let newest = record.carrierSequence, number <= newest { return .ignore }
        var change = CallChange()
        change.carrierSequence = news.sequenceNumber
        change.callSID = record.callSID == nil ? news.callSID : nil
        switch news.status {
        case .ringing: change.status = record.status == .initiating ? .ringing : nil
        // The stream's start writes that the call is in progress.
        case .inProgress: return .answered(change)
        case .queued, .initiated: break
        case .completed, .busy, .failed, .canceled, .noAnswer: return .ignore
        }
        return .advance(change)
    }

    private static func end(_ record: CallRecord, _ news: CarrierNews, _ standing: Standing) -> Step {
        if standing.isLive || record.startedAt != nil || record.status == .inProgress {
            if standing.isTransferred { return .overInTransfer }
            return .over(news.status == .completed ? .callerHangup : .streamLost)
        }
        switch news.status {
        case .busy: return .unanswered(.busy, errorMessage: nil)
        case .noAnswer: return .unanswered(.noAnswer, errorMessage: nil)
        case .failed, .canceled:
            let message =
                "The carrier ended the call as \(news.status.rawValue) before it was answered. "
                + "See the carrier's log of the call."
            return .unanswered(.carrierFailed, errorMessage: message)
        case .completed:
            // Who answers and hangs up at once is not called again; nobody knows of an answer: there was none.
            let wasAnswered =
                standing.wasAnswered || record.answeredBy != nil || (news.durationSeconds ?? 0) > 0
                || record.direction == .inbound
            return wasAnswered ? .over(.callerHangup) : .unanswered(.noAnswer, errorMessage: nil)
        case .queued, .initiated, .ringing, .inProgress: return .ignore
        }
    }
}
