import Foundation

/// The system of record, as calls use it.
///
/// Every method may be called from anywhere.
///
/// A store that is down throws ``StoreError/unavailable(_:)``; callers go on and try again, they never drop a call.
package protocol CallStore: Sendable {
    /// The call with this identifier, with the transcript, usage and end that its journal holds so far.
    func call(id: String) async throws(StoreError) -> CallRecord?
    /// The newest call that the carrier knows by this identifier.
    func call(sid: String) async throws(StoreError) -> CallRecord?
    /// Stores a new call. Does nothing where the identifier is stored already.
    func insert(_ record: CallRecord) async throws(StoreError)
    /// Applies `change` to the stored call in one transaction and returns the result; nil for an unknown call. A
    /// terminal status is never moved back, and an outcome once written is never replaced.
    @discardableResult
    func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord?
    /// Queues `entry` for the call's journal and returns at once; entries of a call keep their order and are on disk
    /// within 100 ms (group commit).
    func append(_ entry: JournalEntry, to callID: String)
    /// Returns when everything that was appended before is on disk.
    func flush() async throws(StoreError)
    /// The call's journal in order.
    func journal(of callID: String) async throws(StoreError) -> [JournalEntry]
    /// Calls that are neither queued nor over: what the last process left.
    func liveCalls() async throws(StoreError) -> [CallRecord]
    /// Calls that are over and still without outcome: their summary is owed.
    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord]
    /// Newest first; `cursor` is that of the page before.
    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage
}

/// One page of calls, newest first, without transcripts.
package struct CallPage: Sendable {
    package var calls: [CallRecord]
    /// Pass it to get the next page; nil on the last.
    package var nextCursor: String?

    package init(calls: [CallRecord], nextCursor: String?) {
        self.calls = calls
        self.nextCursor = nextCursor
    }
}

/// A change of a stored call: every field that is not nil is written.
package struct CallChange: Sendable, Equatable {
    package var callSID: String?
    package var status: CallRecord.Status?
    package var outcome: CallRecord.Outcome?
    package var endReason: EndReason?
    package var startedAt: Date?
    package var endedAt: Date?
    package var durationSeconds: Int?
    package var transcript: [TranscriptLine]?
    package var summary: String?
    package var consumerInterestLevel: CallRecord.InterestLevel?
    package var nextAction: String?
    package var appointmentTime: String?
    package var quoteAmount: Double?
    package var recordingURL: String?
    package var errorMessage: String?
    package var usage: CallUsage?
    package var costUSD: Double?
    package var carrierSequence: Int?
    package var answeredBy: String?

    package init() {}
}

/// Why a store could not do what it was asked.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The store cannot be reached or written now; worth trying again.
    case unavailable(String)
    /// The store refused this for good.
    case refused(String)

    package var description: String {
        switch self {
        case .unavailable(let reason):
            "The call store is not available (\(reason)). Calls go on; writing is tried again."
        case .refused(let reason): "The call store refused a write (\(reason)). Check its schema and permissions."
        }
    }
}
