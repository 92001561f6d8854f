import Foundation
import Wire

/// A BullMQ queue in Redis, as its workers use it.
package struct JobQueue: Sendable {
    /// What a look for a job found.
    package enum Taken: Sendable, Equatable {
        case job(QueueJob)
        /// The queue's rate is used up for so many milliseconds.
        case limited(milliseconds: Int)
        /// Paused, or too many jobs are at work.
        case held
        /// None is waiting; when the next delayed one is due, in milliseconds since 1970.
        case none(nextDue: Int?)
        /// Only remains of removed jobs were found so far.
        case again
    }

    /// What a blocked worker was woken by.
    package enum Waking: Sendable, Equatable {
        case job
        /// A delayed job is due then, in milliseconds since 1970.
        case delayed(until: Int)
        case nothing
    }

    let client: RedisClient
    /// A connection of its own, since it blocks.
    let blockingClient: RedisClient
    let keys: QueueKeys
    let now: @Sendable () -> Date

    private var milliseconds: Int { Int((self.now().timeIntervalSince1970 * 1_000).rounded(.down)) }

    private func run(_ script: RedisScript, _ arguments: [String]) async throws(RedisError) -> RESPValue {
        try await self.client.evaluate(
            script,
            keys: self.keys.all,
            arguments: [self.keys.prefix, String(self.milliseconds)] + arguments
        )
    }

    /// Takes the next job, under a lock with this token.
    func take(
        token: String,
        lockTime: Duration,
        pace: QueuePace,
        worker: String?
    ) async throws(RedisError) -> Taken {
        let answer = try await self.run(
            QueueScripts.take,
            [
                token, String(lockTime.milliseconds), String(pace.maximum), String(pace.window), worker ?? "",
            ]
        )
        guard let parts = answer.elements, let kind = parts.first?.text else { throw Self.unexpected }
        let number = parts.dropFirst().first?.integer.map { Int($0) }
        switch kind {
        case "job":
            guard parts.count == 3, let id = parts[1].text, let fields = parts[2].fields else { throw Self.unexpected }
            return .job(QueueJob(id: id, fields: fields))
        case "limited": return .limited(milliseconds: number ?? 0)
        case "held": return .held
        case "again": return .again
        default: return .none(nextDue: number == 0 ? nil : number)
        }
    }

    /// Renews a lock; false where the job is no longer ours.
    func renew(_ jobID: String, token: String, lockTime: Duration) async throws(RedisError) -> Bool {
        try await self.run(QueueScripts.renew, [jobID, token, String(lockTime.milliseconds)]).integer == 1
    }

    /// Does with a job what was decided; false where it was no longer ours.
    func settle(_ job: QueueJob, token: String, _ disposal: JobDisposal) async throws(RedisError) -> Bool {
        let answer: RESPValue
        switch disposal {
        case .complete(let value):
            answer = try await self.finish(job, token, "completed", "returnvalue", value, job.retentionWhenCompleted)
        case .fail(let reason):
            answer = try await self.finish(job, token, "failed", "failedReason", reason, job.retentionWhenFailed)
        case .retry(let reason, after: 0):
            answer = try await self.run(
                QueueScripts.requeue,
                [job.id, token, "retry", job.isLIFO ? "1" : "0", reason, job.stackTraces(adding: reason)]
            )
        case .retry(let reason, let wait):
            answer = try await self.run(
                QueueScripts.delay,
                [
                    job.id, token, String(self.milliseconds + wait), String(wait), "1", reason,
                    job.stackTraces(adding: reason),
                ]
            )
        case .delay(let due):
            let wait = max(0, due - self.milliseconds)
            answer = try await self.run(QueueScripts.delay, [job.id, token, String(due), String(wait), "0", "", ""])
        case .putBack:
            answer = try await self.run(QueueScripts.requeue, [job.id, token, "back", "1", "", ""])
        }
        return answer.integer == 0
    }

    private func finish(
        _ job: QueueJob,
        _ token: String,
        _ target: String,
        _ field: String,
        _ result: String,
        _ retention: JobRetention
    ) async throws(RedisError) -> RESPValue {
        try await self.run(
            QueueScripts.finish,
            [
                job.id, token, target, field, result, target == "failed" ? job.stackTraces(adding: result) : "",
                retention.age.map(String.init) ?? "", retention.count.map(String.init) ?? "", String(job.attempts),
                job.deduplicationID ?? "",
            ]
        )
    }

    /// Gives the jobs of dead workers back to the line; returns how many.
    func sweep(maximumStalls: Int, interval: Duration) async throws(RedisError) -> Int {
        let answer = try await self.run(
            QueueScripts.sweep,
            [String(maximumStalls), String(interval.milliseconds)]
        )
        return answer.integer.map { Int($0) } ?? 0
    }

    /// Wakes another worker in place of this one.
    func handOn() async throws(RedisError) { _ = try await self.run(QueueScripts.handOn, []) }

    /// Waits until a job may be there, at most `time`; ends early where the task is cancelled.
    ///
    /// - Parameters:
    ///   - time: The longest wait.
    ///   - takesFractions: The server takes parts of a second; older ones than 6.0 do not.
    /// - Returns: What woke us, or nothing at the end of the wait.
    /// - Throws: ``RedisError``.
    func block(upTo time: Duration, takesFractions: Bool) async throws(RedisError) -> Waking {
        let seconds = max(0.001, time / .seconds(1))
        let limit = takesFractions ? String(format: "%.3f", seconds) : String(Int(seconds.rounded(.up)))
        let answer = try await self.blockingClient.sendBlocking(
            ["BZPOPMIN", self.keys.marker, limit],
            upTo: .seconds(seconds.rounded(.up))
        )
        guard let parts = answer.elements, parts.count == 3 else { return .nothing }
        if parts[1].text == "0" { return .job }
        return parts[2].text.flatMap { Double($0) }.map { .delayed(until: Int($0)) } ?? .job
    }

    /// What the producer's library says of itself, such as `bullmq:5.59.0`; nil where it says nothing.
    func producerVersion() async throws(RedisError) -> String? {
        try await self.client.send(["HGET", self.keys.meta, "version"]).text
    }

    private static let unexpected = RedisError.refused(code: "ERR", message: "a script answered out of shape")
}
