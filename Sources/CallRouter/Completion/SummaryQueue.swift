import Foundation

/// The calls whose summary is owed: which is to be tried now, and when to look again.
///
/// Bounded: what finds no room is left to the store, which knows every call that is owed, and ``needsScan`` tells when
/// to ask it again.
struct SummaryQueue: Sendable {
    private let capacity: Int
    private let maximumRunning: Int
    private var waiting: [String: SummaryJob] = [:]
    private var running: Set<String> = []
    /// Calls were left out for want of room.
    private var isIncomplete = false
    /// While draining: calls that had their one attempt.
    private var triedWhileDraining: Set<String> = []
    private(set) var isDraining = false

    /// - Parameters:
    ///   - capacity: Calls that wait or run at most.
    ///   - maximumRunning: Attempts that run at the same time at most.
    init(capacity: Int, maximumRunning: Int) {
        self.capacity = capacity
        self.maximumRunning = maximumRunning
    }

    /// Calls that wait or run.
    var count: Int { self.waiting.count + self.running.count }

    /// There is room again for calls that were left out.
    var needsScan: Bool { self.isIncomplete && self.count < self.capacity / 2 && !self.isDraining }

    /// Takes a call; one that is known already is left alone.
    mutating func add(_ job: SummaryJob) {
        guard self.waiting[job.callID] == nil, !self.running.contains(job.callID) else { return }
        guard self.count < self.capacity else {
            self.isIncomplete = true
            return
        }
        self.waiting[job.callID] = job
    }

    /// Notes whether the store's last answer held every call that is owed.
    mutating func scanned(isComplete: Bool) { self.isIncomplete = !isComplete }

    /// Takes out what is due and may run now; each is given back by ``settled(_:again:)``.
    mutating func takeDue(at now: Date) -> [SummaryJob] {
        let free = self.maximumRunning - self.running.count
        guard free > 0 else { return [] }
        let due = self.waiting.values.filter { $0.retry.dueAt <= now && self.mayRun($0) }
            .sorted { ($0.retry.dueAt, $0.callID) < ($1.retry.dueAt, $1.callID) }
            .prefix(free)
        for job in due {
            self.waiting[job.callID] = nil
            self.running.insert(job.callID)
        }
        return Array(due)
    }

    /// Ends an attempt: `again` waits for its next one, nil is done with.
    mutating func settled(_ callID: String, again job: SummaryJob?) {
        self.running.remove(callID)
        if self.isDraining { self.triedWhileDraining.insert(callID) }
        if let job { self.waiting[callID] = job }
    }

    /// When something is due next; nil where only the end of an attempt, or a new call, changes anything.
    var nextDue: Date? {
        guard self.running.count < self.maximumRunning else { return nil }
        return self.waiting.values.lazy.filter { self.mayRun($0) }.map(\.retry.dueAt).min()
    }

    /// From now on each call is tried once at most.
    mutating func beginDraining() { self.isDraining = true }

    /// While draining: nothing runs, and nothing is due at `now` that was not tried.
    func isDrained(at now: Date) -> Bool {
        self.running.isEmpty && !self.waiting.values.contains { $0.retry.dueAt <= now && self.mayRun($0) }
    }

    private func mayRun(_ job: SummaryJob) -> Bool {
        !self.isDraining || !self.triedWhileDraining.contains(job.callID)
    }
}
