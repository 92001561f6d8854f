import CallActors

/// One call whose summary is owed.
struct SummaryJob: Sendable, Equatable {
    /// What the record will say, once it is decided: kept until the store has taken it, so that nothing is asked twice.
    enum Answer: Sendable, Equatable {
        case summary(CallSummary)
        /// The call itself knows its outcome.
        case known(CallRecord.Outcome)
        /// No summary could be had in time.
        case givenUp(message: String)
    }

    var callID: String
    var retry: SummaryRetry
    var answer: Answer?
}
