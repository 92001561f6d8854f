import CallActors
import Foundation
import Logging
import NIOCore
import Wire

/// Takes jobs from a BullMQ queue and hands their orders to a handler; one worker among others, of any make.
///
/// A Redis that is away never ends it: it says so once, counts errors (`kind="queue"`), and tries again. It takes no
/// job while its handler takes none, and then leaves the queue's wake-up calls to the other workers. At most
/// ``QueueSettings/concurrency`` jobs are in hand at a time.
package actor QueueWorker {
    /// A job in hand.
    struct Hold {
        var token: String
        /// Until then nobody else can have taken it, by our clock.
        var lockedUntil: ContinuousClock.Instant
    }

    /// A job that was just taken, and the token of its lock.
    struct TakenJob: Sendable {
        var job: QueueJob
        var token: String
    }

    /// What the worker does between two looks for a job.
    private enum Rest {
        case none
        /// Until something wakes it; a delayed job is due then, in milliseconds since 1970.
        case untilWoken(nextDue: Int?)
    }

    let queue: JobQueue
    let handler: any CallJobHandler
    let settings: QueueSettings
    let metering: any CallMetering
    let logger: Logger
    let now: @Sendable () -> Date
    let random: @Sendable () -> Double
    let identifier = UUID().uuidString.lowercased()

    var holds: [String: Hold] = [:]
    private var pace: QueuePace
    private var rest = Rest.none
    private var tokenCount = 0
    /// The server was looked at and will do; whether it takes parts of a second.
    private var takesFractions: Bool?
    private var isDown = false
    /// Failed steps in a row.
    private var failures = 0
    private let freed = WakeSignal()

    /// A worker that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - name: Of the queue.
    ///   - redis: Where it is.
    ///   - eventLoopGroup: Its two connections live on one loop of it.
    ///   - handler: Takes the orders.
    ///   - pace: How fast jobs are started; a stricter one of the queue itself is kept instead.
    ///   - settings: How it works.
    ///   - metering: Told of errors.
    ///   - logger: Told when Redis goes and comes, and of jobs that are given up; never of their data.
    ///   - now: The wall clock, by which jobs are due.
    ///   - random: A random number from 0 to 1.
    package init(
        name: String,
        redis: RedisConfiguration,
        on eventLoopGroup: any EventLoopGroup,
        handler: any CallJobHandler,
        pace: QueuePace,
        settings: QueueSettings = QueueSettings(),
        metering: any CallMetering,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        let keys = QueueKeys(queue: name, prefix: settings.prefix)
        var redis = redis
        redis.clientName = keys.clientName(worker: settings.workerName)
        let eventLoop = eventLoopGroup.next()
        self.queue = JobQueue(
            client: RedisClient(redis, on: eventLoop, jitter: random),
            blockingClient: RedisClient(redis, on: eventLoop, jitter: random),
            keys: keys,
            now: now
        )
        self.handler = handler
        self.pace = pace
        self.settings = settings
        self.metering = metering
        self.logger = logger
        self.now = now
        self.random = random
    }

    /// Takes jobs until the task is cancelled.
    ///
    /// Returns when every job in hand is finished or given back, and the connections are closed. A worker runs once.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepLocks() }
            group.addTask { await self.sweepStalled() }
            while !Task.isCancelled {
                do throws(RedisError) {
                    guard let taken = try await self.nextJob() else { continue }
                    group.addTask { await self.work(on: taken) }
                } catch {
                    await self.pauseAfter(error)
                }
            }
        }
        // Others sleep on until somebody wakes them, or their own wait is over: no harm where this fails.
        if !self.isDown { _ = try? await self.queue.handOn() }
        await self.queue.blockingClient.close()
        await self.queue.client.close()
    }

    // MARK: - Looking for a job

    /// Goes one step: waits for what is in the way, or takes a job.
    private func nextJob() async throws(RedisError) -> TakenJob? {
        guard self.holds.count < self.settings.concurrency else {
            await self.freed.wait()
            return nil
        }
        guard self.handler.canTake else {
            await self.sleep(self.settings.gateInterval)
            return nil
        }
        let wait = self.pace.wait(at: .now)
        guard wait <= .zero else {
            await self.sleep(wait)
            return nil
        }
        guard let takesFractions = try await self.serverWillDo() else { return nil }
        if case .untilWoken(let nextDue) = self.rest {
            let waking = try await self.queue.block(upTo: self.blockTime(nextDue), takesFractions: takesFractions)
            self.recovered()
            if case .delayed(let due) = waking, Double(due) > self.now().timeIntervalSince1970 * 1_000 {
                self.rest = .untilWoken(nextDue: due)
                return nil
            }
            self.rest = .none
            // The call that woke us is for somebody who takes jobs.
            guard !Task.isCancelled, self.handler.canTake else {
                try await self.queue.handOn()
                return nil
            }
        }
        return try await self.take()
    }

    private func take() async throws(RedisError) -> TakenJob? {
        self.tokenCount += 1
        let token = "\(self.identifier):\(self.tokenCount)"
        let asked = ContinuousClock.now
        let taken = try await self.queue.take(
            token: token,
            lockTime: self.settings.lockTime,
            pace: self.pace,
            worker: self.settings.workerName
        )
        self.recovered()
        switch taken {
        case .job(let job):
            self.pace.started(at: .now)
            self.holds[job.id] = Hold(token: token, lockedUntil: asked.advanced(by: self.settings.lockTime))
            return TakenJob(job: job, token: token)
        case .again: break
        case .held: self.rest = .untilWoken(nextDue: nil)
        case .none(let nextDue): self.rest = .untilWoken(nextDue: nextDue)
        case .limited(let milliseconds):
            await self.sleep(min(.milliseconds(milliseconds), self.settings.longestBlock))
        }
        return nil
    }

    private func blockTime(_ nextDue: Int?) -> Duration {
        guard let nextDue else { return self.settings.idleTime }
        let wait = Double(nextDue) / 1_000 - self.now().timeIntervalSince1970
        return min(.seconds(max(0.001, wait)), self.settings.longestBlock)
    }

    // MARK: - The server

    /// Looks once at what the server and the queue are; nil where the server is too old.
    private func serverWillDo() async throws(RedisError) -> Bool? {
        if let takesFractions = self.takesFractions { return takesFractions }
        let facts = try await self.queue.client.serverFacts()
        if let major = facts.majorVersion, major < QueueRequirements.redisMajorVersion {
            self.metering.error(.queue)
            self.say("\(QueueRequirements.tooOld(facts)) No jobs are taken until then.")
            await self.sleep(.seconds(60))
            return nil
        }
        let producer = try await self.queue.producerVersion()
        if let warning = QueueRequirements.warning(producerVersion: producer) { self.logger.warning("\(warning)") }
        self.recovered()
        let takesFractions = (facts.majorVersion ?? 5) >= 6
        self.takesFractions = takesFractions
        return takesFractions
    }

    /// Counts an error, and says it if it is news.
    func failed(_ error: RedisError) {
        self.metering.error(.queue)
        self.say("The job queue cannot be used, and is tried again. \(error)")
    }

    private func say(_ message: String) {
        if self.isDown {
            self.logger.debug("\(message)")
        } else {
            self.isDown = true
            self.logger.warning("\(message)")
        }
    }

    private func recovered() {
        self.failures = 0
        guard self.isDown else { return }
        self.isDown = false
        self.logger.notice("The job queue can be used again")
    }

    private func pauseAfter(_ error: RedisError) async {
        // The end of a task that was waiting for a job looks like a lost connection.
        if Task.isCancelled { return }
        self.failed(error)
        // What was waiting in a server that restarts may be another thing afterwards.
        self.rest = .none
        self.failures += 1
        // Up to 6.4 s where the server is there and refuses us; the clients know when to connect again.
        let pause = Duration.milliseconds(100 << min(self.failures - 1, 6))
        let delays = [await self.queue.client.retryDelay, await self.queue.blockingClient.retryDelay]
        let wait = delays.max().flatMap { $0 > .zero ? $0 : nil } ?? pause
        await self.sleep(wait + .milliseconds(Int(100 * self.random())))
    }

    /// Sleeps until then, or until the task is cancelled.
    func sleep(_ time: Duration) async {
        // Whoever sleeps looks at the cancellation himself.
        try? await Task.sleep(for: time)
    }

    // MARK: - The jobs in hand

    /// The hold on a job is over, however it ended.
    func letGo(_ jobID: String, token: String) {
        guard self.holds[jobID]?.token == token else { return }
        self.holds[jobID] = nil
        self.freed.signal()
    }
}
