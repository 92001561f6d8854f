import Foundation

/// What placing calls needs of the system of record, beyond ``CallStore``.
package protocol DialStore: CallStore {
    /// Stores a new call together with the key of its order, in one transaction.
    func insert(_ record: CallRecord, idempotency: IdempotencyKey?) async throws(StoreError) -> InsertResult
    /// What is known of the order with this key: ``InsertResult/replayed(callID:)``, or ``InsertResult/mismatch`` where it
    /// was another order; nil for a key that is new at `date`.
    func known(_ idempotency: IdempotencyKey, at date: Date) async throws(StoreError) -> InsertResult?
    /// Moves a queued call to `initiating` and notes `date` as the moment of its dialling; nil where the call is not
    /// queued any more, so that nobody dials twice.
    func claim(callID: String, at date: Date) async throws(StoreError) -> CallRecord?
    /// Puts a call that is neither queued nor over back to `queued`: without call SID, to be dialled at `dialAt`; nil
    /// where there is none to put back.
    func requeue(callID: String, attempt: Int, dialAt: Date) async throws(StoreError) -> CallRecord?
    /// Queued calls that are due, the longest due first.
    func queuedCalls(dueBy date: Date, limit: Int) async throws(StoreError) -> [CallRecord]
    /// When the next queued call is due; nil where none is queued.
    func nextDue() async throws(StoreError) -> Date?
    func queuedCalls(to number: String) async throws(StoreError) -> [CallRecord]
    /// Moves the time at which a queued call is to be dialled.
    func postpone(callID: String, to dialAt: Date) async throws(StoreError)

    // Numbers that must not be called, in E.164.
    func optOut(_ optOut: OptOut) async throws(StoreError)
    /// False where the number was not there.
    func removeOptOut(number: String) async throws(StoreError) -> Bool
    func optOuts() async throws(StoreError) -> [OptOut]
    func isOptedOut(_ number: String) async throws(StoreError) -> Bool

    func statistics(since date: Date) async throws(StoreError) -> CallStatistics
}

/// What became of an order that was to be stored.
package enum InsertResult: Sendable, Equatable {
    case inserted
    /// The key was used for the same order: this is its call.
    case replayed(callID: String)
    /// The key was used for another order.
    case mismatch
    /// A call of this identifier is stored already.
    case exists
}

/// A number that must not be called.
package struct OptOut: Sendable, Equatable, Codable {
    package enum Source: String, Sendable, Codable { case api, call }

    /// E.164.
    package var number: String
    package var at: Date
    package var source: Source

    package init(number: String, at: Date, source: Source) {
        self.number = number
        self.at = at
        self.source = source
    }
}

/// Totals over the calls created in a span of time.
package struct CallStatistics: Sendable, Equatable {
    package var calls = 0
    /// Calls by outcome; those without one are not in it.
    package var outcomes: [CallRecord.Outcome: Int] = [:]
    /// Mean length of the calls that came to a talk; nil where there was none.
    package var averageDurationSeconds: Double?
    /// Sum of the costs that are known.
    package var costUSD = 0.0

    package init() {}
}
