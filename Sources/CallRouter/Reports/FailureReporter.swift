import Foundation
import Logging
import NIOCore
import NIOPosix

/// Sends failures to Sentry in the background, one after the other.
///
/// ``take(_:error:)`` may be called from any thread, also an event loop with calls: it does not wait for the network.
/// The connection lives on a thread of its own. What cannot be delivered waits; see ``ReportQueue`` for what gives way.
package final class FailureReporter: Sendable {
    /// The wait between two attempts to deliver the same event: a second, doubled up to a minute.
    static let longestPause = Duration.seconds(60)
    /// What is lost is told in the log at most this often.
    private static let lossInterval = Duration.seconds(60)

    private struct State {
        var queue = ReportQueue()
        /// Nothing may be sent before.
        var limitedUntil: ContinuousClock.Instant?
        var lossToldAt: ContinuousClock.Instant?
        var isFinishing = false
        var isDone = false
    }

    private let state = ConditionBox(State())
    private let wake = WakeSignal()
    private let finishing: AsyncStream<Duration>
    private let finishingSource: AsyncStream<Duration>.Continuation
    private let settings: Settings
    private let logger: @Sendable () -> Logger

    /// What a reporter is made from.
    package struct Settings: Sendable {
        var dsn: SentryDSN
        var origin: SentryEvent.Origin
        var scrubber: Scrubber
        /// Bound on one attempt, from the connection to the end of the answer.
        var timeout = Duration.seconds(10)
        /// The first wait between two attempts.
        var firstPause = Duration.seconds(1)
    }

    /// - Parameters:
    ///   - settings: Where to, and as whom.
    ///   - logger: Makes the logger that tells of lost reports; called only once reports are sent.
    init(_ settings: Settings, logger: @escaping @Sendable () -> Logger) {
        self.settings = settings
        self.logger = logger
        (self.finishing, self.finishingSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The reporter of a configuration; nil where it names no place for reports.
    package convenience init?(_ configuration: RouterConfiguration) {
        guard let dsn = configuration.sentryDSN else { return nil }
        let origin = SentryEvent.Origin(
            environment: configuration.environmentName,
            serverName: Self.hostName
        )
        let scrubber = Scrubber(secrets: configuration.secretValues)
        self.init(Settings(dsn: dsn, origin: origin, scrubber: scrubber)) {
            var logger = Logger(label: "CallRouter")
            logger[metadataKey: "part"] = "reports"
            return logger
        }
    }

    /// Queues a failure; never waits.
    func take(_ record: LogRecord, error: (any Error)?) {
        let report = FailureReport(record, error: error)
        let kind = report.kind
        let now = ContinuousClock.now
        self.state.change { state in
            guard !state.isDone else { return }
            _ = state.queue.take(report, kind: kind, at: now)
        }
        self.wake.signal()
    }

    /// Ends ``run()`` when what waits is sent, at the latest after `limit`.
    package func finish(within limit: Duration) {
        self.state.change { $0.isFinishing = true }
        self.finishingSource.yield(limit)
        self.finishingSource.finish()
        self.wake.signal()
    }

    /// Blocks the thread until nothing waits any more, at most for `limit`: for the very last moment of a process.
    package func flush(limit: Duration) {
        self.state.wait(until: { $0.queue.count == 0 || $0.isDone }, limit: limit)
    }

    /// Sends what comes until ``finish(within:)``, or until its task is cancelled.
    package func run() async {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = SentryClient(dsn: self.settings.dsn, eventLoopGroup: group)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.work(client) }
            tasks.addTask { await self.deadline() }
            await tasks.next()
            tasks.cancelAll()
        }
        let left = self.closed()
        if left > 0 {
            self.logger().warning(
                "Failure reports could not be delivered before the end. The log has them; check SENTRY_DSN's server.",
                metadata: ["count": "\(left)"]
            )
        }
        await client.shutdown()
        // Nothing is left to be done about a loop that does not end.
        try? await group.shutdownGracefully()
    }

    /// Takes nothing any more, and says how many reports are lost by that.
    private func closed() -> Int {
        var left = 0
        self.state.change { state in
            state.isDone = true
            left = state.queue.count + state.queue.takeLostCount()
        }
        return left
    }

    /// Returns when the time to finish is over.
    private func deadline() async {
        for await limit in self.finishing {
            // Cancelled: everything was delivered before.
            try? await Task.sleep(for: limit)
            return
        }
        // The stream ends early only with the task.
    }

    // MARK: - Delivery

    private enum Step {
        case send(FailureReport, after: ContinuousClock.Instant?)
        case wait
        case end
    }

    private func work(_ client: SentryClient) async {
        var failures = 0
        var retryAt: ContinuousClock.Instant?
        while !Task.isCancelled {
            self.tellLosses()
            switch self.next(retryAt: retryAt) {
            case .end: return
            case .wait: await self.wake.wait()
            case .send(_, let due?) where due > .now: await self.pause(until: due)
            case .send(let report, _):
                let event = SentryEvent(
                    report: report,
                    origin: self.settings.origin,
                    scrubber: self.settings.scrubber
                )
                let isLast = self.isFinishing
                let answer = await client.send(event, timeout: self.settings.timeout)
                if Task.isCancelled { return }
                if self.settle(answer) {
                    failures = 0
                    retryAt = nil
                } else if isLast {
                    // At the end one attempt must do: the next one would find the same.
                    return
                } else {
                    failures += 1
                    let pause = self.settings.firstPause * (1 << min(failures - 1, 6))
                    retryAt = .now + min(pause, Self.longestPause)
                }
            }
        }
    }

    private var isFinishing: Bool {
        var isFinishing = false
        self.state.change { isFinishing = $0.isFinishing }
        return isFinishing
    }

    private func next(retryAt: ContinuousClock.Instant?) -> Step {
        var step = Step.wait
        self.state.change { state in
            guard let report = state.queue.first else {
                step = state.isFinishing ? .end : .wait
                return
            }
            // What failed before is tried once more at the end, but a limit stands.
            let retry = state.isFinishing ? nil : retryAt
            let due = [retry, state.limitedUntil].compactMap(\.self).max()
            if state.isFinishing, let due, due > .now {
                step = .end
            } else {
                step = .send(report, after: due)
            }
        }
        return step
    }

    /// Notes what became of the first report; false where it is to be sent again.
    private func settle(_ answer: SentryAnswer) -> Bool {
        var isSettled = true
        self.state.change { state in
            switch answer {
            case .taken, .refused: state.queue.removeFirst()
            case .limited(let wait, let isTaken):
                state.limitedUntil = .now + wait
                if isTaken { state.queue.removeFirst() }
            case .unavailable: isSettled = false
            }
        }
        self.log(answer)
        return isSettled
    }

    private func log(_ answer: SentryAnswer) {
        switch answer {
        case .taken: break
        case .limited(let wait, _):
            self.logger().warning(
                "Sentry takes no reports for now; failures are logged, and reports wait.",
                metadata: ["seconds": "\(wait.components.seconds)"]
            )
        case .refused(let status):
            self.logger().warning(
                "Sentry refused a failure report. Check SENTRY_DSN: its key and its project.",
                metadata: ["status": "\(status)"]
            )
        case .unavailable(let reason):
            self.logger().debug("A failure report could not be sent", metadata: ["reason": "\(reason)"])
        }
    }

    /// Says how many reports had no room, once a minute at most.
    private func tellLosses() {
        var lost = 0
        self.state.change { state in
            let now = ContinuousClock.now
            guard state.queue.lostCount > 0,
                state.lossToldAt.map({ $0.duration(to: now) >= Self.lossInterval }) ?? true
            else { return }
            lost = state.queue.takeLostCount()
            state.lossToldAt = now
        }
        guard lost > 0 else { return }
        self.logger().warning(
            "Failure reports were dropped: there are too many, or Sentry does not take them. The log has them.",
            metadata: ["count": "\(lost)"]
        )
    }

    /// Waits until `due`, or until something comes or the end does.
    private func pause(until due: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { race in
            // Both end when they are cancelled.
            race.addTask { try? await Task.sleep(until: due, clock: .continuous) }
            race.addTask { await self.wake.wait() }
            await race.next()
            race.cancelAll()
        }
    }

    /// This machine's name, as far as it is one: what runs in a container has its container's.
    private static var hostName: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}
