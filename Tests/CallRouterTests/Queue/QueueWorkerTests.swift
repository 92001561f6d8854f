import CallActors
import Foundation
import StandIns
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueWorkerTests {
    @Test("jobs come by priority, and are completed as BullMQ's own tools show it")
    func completes() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("low", priority: 3)
        try await bed.client.add("high", priority: 1)
        try await bed.client.add("plain", priority: 0)
        let handler = ScriptedHandler { $0.callID == "high" ? .accepted(callSID: "CA1") : .stored }
        var settings = QueueBed.settings
        settings.concurrency = 1
        try await bed.running(bed.worker(handler, settings: settings)) {
            try await bed.client.event("completed", "low")
            try await bed.client.event("drained")
        }
        #expect(handler.callIDs == ["plain", "high", "low"])
        #expect(handler.state.current.orders.first?.to == "+15555550123")
        for id in ["low", "high", "plain"] { #expect(try await bed.client.state(id) == "completed") }
        let job = try await bed.client.job("high")
        #expect(job["returnvalue"] == ["callId": "high", "callSid": "CA1"])
        #expect(job.count("attemptsMade") == 1 && job.count("attemptsStarted") == 1)
        #expect(job.count("finishedOn").map { abs($0 - Int(Date().timeIntervalSince1970 * 1_000)) < 600_000 } == true)
        #expect(try await bed.client.job("low")["returnvalue"] == ["callId": "low"])
        let counts = try await bed.client.ask("counts", ["states": ["completed", "active", "wait", "prioritized"]])
        #expect(counts == ["completed": 3, "active": 0, "wait": 0, "prioritized": 0])
        let events = try await bed.client.events()
        #expect(
            events.filter { $0.hasSuffix("high") } == [
                "added high", "waiting high", "active high", "completed high",
            ]
        )
        let dump = try await bed.client.ask("dump")
        for key in ["active", "stalled", "high:lock", "pc", "wait", "prioritized"] {
            #expect(dump[key] == nil, "\(key) is left behind")
        }
        #expect(dump["high"]?.text("atm") == "1" && dump["high"]?.text("ats") == "1")
        // The fields that BullMQ's own worker leaves.
        guard case .object(let fields) = dump["high"] else { return }
        #expect(
            Set(fields.keys) == [
                "name", "data", "opts", "timestamp", "delay", "priority", "processedOn", "ats", "atm", "returnvalue",
                "finishedOn",
            ]
        )
    }

    @Test("a fault waits as the job's backoff says, and fails for good after the last attempt")
    func retries() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("slow")
        try await bed.client.add("quick", options: ["backoff": ["type": "exponential", "delay": 20]])
        try await bed.client.add("at-once", options: ["backoff": .null, "attempts": 2])
        let handler = ScriptedHandler { _ in .fault("the store is away") }
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("delayed", "slow")
            try await bed.client.event("failed", "quick")
            try await bed.client.event("failed", "at-once")
        }
        let slow = try await bed.client.job("slow")
        #expect(try await bed.client.state("slow") == "delayed")
        #expect(slow.count("delay") == 5_000 && slow.count("attemptsMade") == 1)
        #expect(slow.text("failedReason") == "the store is away")
        let dump = try await bed.client.ask("dump")
        let told = try await bed.client.event("delayed", "slow").count("delay")
        #expect(dump.list("delayed") == [["slow", .integer((told ?? 0) * 4_096)]])
        guard case .object(let fields) = dump["slow"] else { return }
        #expect(
            Set(fields.keys) == [
                "name", "data", "opts", "timestamp", "delay", "priority", "processedOn", "ats", "atm", "failedReason",
                "stacktrace",
            ]
        )
        let quick = try await bed.client.job("quick")
        #expect(try await bed.client.state("quick") == "failed")
        #expect(quick.count("attemptsMade") == 3 && quick.text("failedReason") == "the store is away")
        #expect(quick.list("stacktrace").count == 3)
        let delays = try await bed.client.events().filter { $0 == "delayed quick" }
        #expect(delays.count == 2)
        let exhausted = try await bed.client.event("retries-exhausted", "quick")
        #expect(exhausted.count("attemptsMade") == 3)
        #expect(try await bed.client.job("at-once").count("attemptsMade") == 2)
        #expect(handler.callIDs.filter { $0 == "at-once" }.count == 2)
    }

    @Test("a refused order and data that is no order fail at once and for good, and say why without the number")
    func refusals() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("refused")
        try await bed.client.add("broken", data: ["phone_number": ["a": 1], "objective": "", "scheduled_time": "soon"])
        let handler = ScriptedHandler { _ in .refused("the number's country is not allowed") }
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("failed", "refused")
            try await bed.client.event("failed", "broken")
        }
        #expect(handler.callIDs == ["refused"])
        let refused = try await bed.client.job("refused")
        #expect(refused.text("failedReason") == "the number's country is not allowed")
        #expect(refused.count("attemptsMade") == 1)
        let reason = try #require(try await bed.client.job("broken").text("failedReason"))
        for field in ["phone_number", "objective", "scheduled_time"] { #expect(reason.contains(field)) }
        #expect(!reason.contains("lead_id"))
    }

    @Test("a job that is put off waits without an attempt, keeps its priority, and comes when it is due")
    func putOff() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("later", priority: 2)
        try await bed.client.add("tomorrow", priority: 2)
        let handler = ScriptedHandler { [tries = Record(0)] order in
            if order.callID == "tomorrow" { return .delay(until: Date(timeIntervalSinceNow: 86_400)) }
            return tries.update { tries in
                tries += 1
                return tries > 1 ? .stored : .delay(until: Date(timeIntervalSinceNow: 0.2))
            }
        }
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("completed", "later")
            try await bed.client.event("delayed", "tomorrow")
        }
        let later = try await bed.client.job("later")
        #expect(later.count("attemptsMade") == 1 && later.count("attemptsStarted") == 2)
        let tomorrow = try await bed.client.job("tomorrow")
        #expect(try await bed.client.state("tomorrow") == "delayed")
        #expect(tomorrow.count("attemptsMade") == 0 && tomorrow.count("priority") == 2)
        let wait = try #require(tomorrow.count("delay"))
        #expect((86_000_000...86_401_000).contains(wait))
        #expect(try await bed.client.events().filter { $0.hasSuffix("later") }.contains("delayed later"))
    }

    @Test("a delayed job comes when it is due, behind those of its priority that waited")
    func delayed() async throws {
        let bed = try await QueueBed()
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) {
            try await bed.client.add("soon", options: ["delay": 300])
            try await bed.client.event("completed", "soon")
        }
        let job = try await bed.client.job("soon")
        #expect(job.count("delay") == 0)
        #expect(try await bed.client.events().contains("waiting soon"))
    }

    @Test("finished jobs are kept as their options say, and the rest goes with all its keys")
    func retention() async throws {
        let bed = try await QueueBed()
        var settings = QueueBed.settings
        settings.concurrency = 1
        let handler = ScriptedHandler { $0.callID == "bad" ? .refused("no") : .stored }
        try await bed.running(bed.worker(handler, settings: settings)) {
            for id in ["one", "two", "three"] { try await bed.client.add(id, options: ["removeOnComplete": 2]) }
            try await bed.client.event("completed", "three")
            try await bed.client.add("gone", options: ["removeOnComplete": true])
            try await bed.client.add("bad", options: ["removeOnFail": true])
            try await bed.client.event("failed", "bad")
            try await bed.client.event("completed", "gone")
        }
        let dump = try await bed.client.ask("dump")
        #expect(dump["one"] == nil && dump["gone"] == nil && dump["bad"] == nil)
        #expect(dump["two"] != nil && dump["three"] != nil)
        #expect(dump.list("completed").count == 2 && dump["failed"] == nil)
    }

    @Test("finished jobs past their age are dropped")
    func age() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("old")
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("completed", "old")
            // Two days ago.
            let then = Int(Date().timeIntervalSince1970 * 1_000) - 2 * 86_400_000
            try await bed.client.ask("command", ["words": ["ZADD", "bull:calls:completed", .integer(then), "old"]])
            try await bed.client.add("new")
            try await bed.client.event("completed", "new")
        }
        #expect(try await bed.client.state("old") == "unknown")
        #expect(try await bed.client.job("old") == .null)
        #expect(try await bed.client.state("new") == "completed")
    }

    @Test("no more jobs are in hand than the limit, and no more than the queue's own")
    func concurrency() async throws {
        let bed = try await QueueBed()
        let gate = Record(false)
        let handler = ScriptedHandler { _ in
            // Cannot fail but at the end of the test.
            _ = try? await gate.wait(for: "the gate", within: .seconds(60)) { $0 ? true : nil }
            return .stored
        }
        for index in 1...9 { try await bed.client.add("job-\(index)") }
        try await bed.running(bed.worker(handler)) {
            try await handler.begun(5)
            #expect(try await bed.client.ask("counts", ["states": ["active"]]) == ["active": 5])
            gate.update { $0 = true }
            try await bed.client.event("drained")
        }
        #expect(handler.state.current.mostRunning == 5)
        #expect(Set(handler.callIDs).count == 9)
    }

    @Test("the queue's own limit of jobs at work is kept")
    func globalConcurrency() async throws {
        let bed = try await QueueBed()
        try await bed.client.ask("concurrency", ["limit": 2])
        for index in 1...6 { try await bed.client.add("job-\(index)") }
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("completed", count: 6)
        }
        #expect(handler.state.current.mostRunning <= 2)
    }
}
