import CallActors
import Foundation
import StandIns
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueHoldTests {
    private static let pace = QueuePace(perSecond: 1_000)

    private static func take(_ queue: JobQueue, pace: QueuePace = Self.pace) async throws -> JobQueue.Taken {
        try await queue.take(token: UUID().uuidString, lockTime: .seconds(30), pace: pace, worker: "ours")
    }

    private static func takenID(_ taken: JobQueue.Taken) -> String? {
        guard case .job(let job) = taken else { return nil }
        return job.id
    }

    @Test("a paused queue gives nothing, also with the layout of older versions, and goes on when it is resumed")
    func pause() async throws {
        let bed = try await QueueBed()
        let queue = try bed.queue()
        try await bed.client.add("plain", priority: 0)
        try await bed.client.add("urgent", priority: 1)
        try await bed.client.ask("pause")
        #expect(try await Self.take(queue) == .held)
        // As older versions pause.
        try await bed.client.ask("command", ["words": ["RENAME", "bull:calls:wait", "bull:calls:paused"]])
        #expect(try await Self.take(queue) == .held)
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) {
            try await bed.client.ask("resume")
            try await bed.client.event("completed", count: 2)
        }
        #expect(handler.callIDs == ["plain", "urgent"])
    }

    @Test("what comes back while older versions have paused the queue joins their line")
    func legacyPause() async throws {
        let bed = try await QueueBed()
        let queue = try bed.queue()
        for id in ["first", "second"] { try await bed.client.add(id, priority: 0) }
        let taken = try await queue.take(token: "ours:1", lockTime: .seconds(30), pace: Self.pace, worker: nil)
        guard case .job(let job) = taken else {
            Issue.record("nothing was taken")
            return
        }
        try await bed.client.ask("command", ["words": ["RENAME", "bull:calls:wait", "bull:calls:paused"]])
        try await bed.client.ask("command", ["words": ["HSET", "bull:calls:meta", "paused", "1"]])
        #expect(try await queue.settle(job, token: "ours:1", .putBack))
        let dump = try await bed.client.ask("dump")
        #expect(dump["paused"] == ["second", "first"] && dump["wait"] == nil)
        // Resumed by hand, and the line forgotten: it is looked at all the same.
        try await bed.client.ask("command", ["words": ["HDEL", "bull:calls:meta", "paused"]])
        #expect(Self.takenID(try await Self.take(queue)) == "first")
    }

    @Test("jobs that were removed leave nothing behind, in the line or at work")
    func removed() async throws {
        let bed = try await QueueBed()
        for id in ["gone", "removed", "here"] { try await bed.client.add(id) }
        try await bed.client.add("late", options: ["delay": 1])
        try await bed.client.ask("command", ["words": ["DEL", "bull:calls:gone", "bull:calls:late"]])
        try await bed.client.ask("remove", ["job": "removed"])
        try await bed.client.ask("command", ["words": ["LPUSH", "bull:calls:wait", "0:0"]])
        let gate = Record(false)
        let handler = ScriptedHandler { _ in
            // Cannot fail but at the end of the test.
            _ = try? await gate.wait(for: "the gate", within: .seconds(60)) { $0 ? true : nil }
            return .stored
        }
        let log = LogLines()
        try await bed.running(bed.worker(handler, logger: log.logger)) {
            try await handler.begun(1)
            try await bed.client.ask("command", ["words": ["DEL", "bull:calls:here"]])
            gate.update { $0 = true }
            _ = try await log.line(with: "no longer ours")
        }
        #expect(handler.callIDs == ["here"])
        let dump = try await bed.client.ask("dump")
        for key in ["gone", "removed", "here", "late", "active", "wait", "prioritized", "delayed", "here:lock"] {
            #expect(dump[key] == nil, "\(key) is left behind")
        }
    }

    @Test("the stricter of our pace and the queue's own is kept, for all workers together")
    func rates() async throws {
        let bed = try await QueueBed()
        let queue = try bed.queue()
        for index in 1...6 { try await bed.client.add("job-\(index)") }
        // Ours: one in a hundred seconds.
        let slow = QueuePace(perSecond: 0.01)
        #expect(Self.takenID(try await Self.take(queue, pace: slow)) == "job-1")
        guard case .limited(let rest) = try await Self.take(queue, pace: slow) else {
            Issue.record("not limited")
            return
        }
        #expect((60_001...100_000).contains(rest))
        // The queue's: two a minute, one of which was taken.
        try await bed.client.ask("rate", ["max": 2, "duration": 60_000])
        #expect(Self.takenID(try await Self.take(queue)) == "job-2")
        guard case .limited = try await Self.take(queue) else {
            Issue.record("not limited")
            return
        }
        try await bed.client.ask("command", ["words": ["DEL", "bull:calls:limiter"]])
        #expect(Self.takenID(try await Self.take(queue)) == "job-3")
        // A pause for all, as after too many requests at a provider.
        try await bed.client.ask("limit", ["milliseconds": 40_000])
        guard case .limited(let pause) = try await Self.take(queue) else {
            Issue.record("not limited")
            return
        }
        #expect((1...40_000).contains(pause))
    }

    @Test("a lock is renewed as long as the job is in hand")
    func renewal() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("long")
        var settings = QueueBed.settings
        settings.renewInterval = .milliseconds(50)
        settings.stalledInterval = .milliseconds(100)
        let handler = ScriptedHandler { _ in
            // A failure is seen by its missing event.
            _ = try? await bed.client.ask("sets", ["key": "bull:calls:long:lock", "count": 3])
            return .stored
        }
        try await bed.running(bed.worker(handler, settings: settings)) {
            try await bed.client.event("completed", "long")
        }
        #expect(handler.callIDs == ["long"])
        #expect(try await bed.client.job("long").count("stalledCounter") == 0)
    }

    @Test("a lock that is renewed has its whole time again, and one that was lost is not taken back")
    func renewing() async throws {
        let bed = try await QueueBed()
        let queue = try bed.queue()
        try await bed.client.add("job")
        _ = try await queue.take(token: "ours:1", lockTime: .seconds(60), pace: Self.pace, worker: nil)
        #expect(try await queue.renew("job", token: "ours:1", lockTime: .seconds(3_600)))
        let rest = try await bed.client.ask("command", ["words": ["PTTL", "bull:calls:job:lock"]]).double ?? 0
        #expect((3_000_000...3_600_000).contains(rest))
        #expect(try await !queue.renew("job", token: "theirs:1", lockTime: .seconds(3_600)))
        try await bed.client.ask("command", ["words": ["DEL", "bull:calls:job:lock"]])
        #expect(try await !queue.renew("job", token: "ours:1", lockTime: .seconds(3_600)))
        #expect(try await bed.client.ask("dump")["job:lock"] == nil)
    }

    @Test("a job whose lock was lost is not written to")
    func lostLock() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("lost")
        let log = LogLines()
        let handler = ScriptedHandler { _ in
            // As another worker takes it.
            _ = try? await bed.client.ask("command", ["words": ["SET", "bull:calls:lost:lock", "other:1"]])
            return .stored
        }
        try await bed.running(bed.worker(handler, logger: log.logger)) {
            _ = try await log.line(with: "no longer ours")
        }
        #expect(try await bed.client.state("lost") == "active")
        let job = try await bed.client.job("lost")
        #expect(job.count("attemptsMade") == 0 && job.text("returnvalue") == nil)
    }

    @Test("a job's key against duplicates goes with its end, and a LIFO job is retried at the front")
    func options() async throws {
        let bed = try await QueueBed()
        var settings = QueueBed.settings
        settings.concurrency = 1
        try await bed.client.add("single", priority: 0, options: ["deduplication": ["id": "lead-1"]])
        try await bed.client.add(
            "front",
            priority: 0,
            options: ["lifo": true, "backoff": .null, "attempts": 2]
        )
        try await bed.client.add("behind", priority: 0)
        #expect(try await bed.client.ask("dump")["de:lead-1"] == "single")
        let handler = ScriptedHandler { [tries = Record(0)] order in
            guard order.callID == "front" else { return .stored }
            return tries.update { tries in
                tries += 1
                return tries == 1 ? .fault("once") : .stored
            }
        }
        try await bed.running(bed.worker(handler, settings: settings)) {
            try await bed.client.event("completed", count: 3)
        }
        #expect(handler.callIDs == ["front", "front", "single", "behind"])
        #expect(try await bed.client.ask("dump")["de:lead-1"] == nil)
    }

    @Test("a queue of another major version is warned of once")
    func versions() async throws {
        let bed = try await QueueBed()
        try await bed.client.ask("command", ["words": ["HSET", "bull:calls:meta", "version", "bullmq:6.0.1"]])
        try await bed.client.add("job")
        let log = LogLines()
        try await bed.running(bed.worker(ScriptedHandler(), logger: log.logger)) {
            try await bed.client.event("completed", "job")
        }
        #expect(log.lines.current.filter { $0.contains("6.0.1") }.count == 1)
    }
}
