import CallActors
import Foundation
import StandIns
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueSiblingTests {
    @Test("beside BullMQ's own worker every job is done once, and both have their share")
    func sharing() async throws {
        let bed = try await QueueBed()
        for index in 1...60 { try await bed.client.add("job-\(index)", priority: index % 3) }
        let handler = ScriptedHandler()
        try await bed.client.ask("work", ["mode": "complete", "seconds": 0.02, "options": ["concurrency": 1]])
        try await bed.client.ask("until_seen", ["count": 3])
        try await bed.running(bed.worker(handler, pace: QueuePace(perSecond: 200))) {
            try await bed.client.event("completed", count: 60)
        }
        guard case .array(let seen) = try await bed.client.ask("seen") else { return }
        let (ours, theirs) = (handler.callIDs, seen.compactMap(\.lenientText))
        #expect(Set(ours).isDisjoint(with: theirs))
        #expect(ours.count + theirs.count == 60 && !ours.isEmpty && !theirs.isEmpty)
        #expect(Set(ours + theirs).count == 60)
        #expect(
            try await bed.client.ask("counts", ["states": ["completed", "failed"]]) == ["completed": 60, "failed": 0]
        )
        try await bed.client.ask("stop")
    }

    @Test("when our process dies, BullMQ's own worker takes the job over")
    func oursDies() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("orphan")
        let taken = try await bed.queue().take(
            token: "dead:1",
            lockTime: .milliseconds(100),
            pace: QueuePace(perSecond: 1_000),
            worker: nil
        )
        guard case .job(let job) = taken else {
            Issue.record("nothing was taken: \(taken)")
            return
        }
        #expect(job.id == "orphan")
        try await bed.client.ask("work", ["mode": "complete", "options": ["stalledInterval": 200]])
        try await bed.client.event("stalled", "orphan")
        try await bed.client.event("completed", "orphan")
        #expect(try await bed.client.job("orphan")["returnvalue"] == ["by": "official"])
        try await bed.client.ask("stop")
        let other = try await bed.queue().settle(job, token: "dead:1", .complete(returnValue: "{}"))
        #expect(!other, "who lost the job writes nothing")
        #expect(try await bed.client.job("orphan")["returnvalue"] == ["by": "official"])
    }

    @Test("when BullMQ's own worker dies, we take the job over")
    func theirsDies() async throws {
        let bed = try await QueueBed()
        let dying = try bed.anotherClient()
        try await bed.client.add("orphan")
        let options: JSONDocument = ["lockDuration": 300, "stalledInterval": 200]
        try await dying.ask("work", ["mode": "hang", "options": options])
        try await dying.ask("until_seen", ["count": 1])
        try await dying.kill()
        var settings = QueueBed.settings
        settings.stalledInterval = .milliseconds(200)
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler, settings: settings)) {
            try await bed.client.event("completed", "orphan")
        }
        #expect(handler.callIDs == ["orphan"])
        let job = try await bed.client.job("orphan")
        #expect(job.count("stalledCounter") == 1 && job.count("attemptsStarted") == 2)
    }

    @Test("a job whose workers keep dying is failed without being run")
    func deferredFailure() async throws {
        let bed = try await QueueBed()
        let queue = try bed.queue()
        try await bed.client.add("poison")
        let pace = QueuePace(perSecond: 1_000)
        for death in 1...2 {
            _ = try await queue.take(token: "dead:\(death)", lockTime: .seconds(30), pace: pace, worker: nil)
            for round in 1...2 {
                let words: JSONDocument = ["DEL", "bull:calls:stalled-check", "bull:calls:poison:lock"]
                try await bed.client.ask("command", ["words": words])
                #expect(try await queue.sweep(maximumStalls: 1, interval: .seconds(30)) == round - 1)
            }
        }
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) { try await bed.client.event("failed", "poison") }
        #expect(handler.callIDs.isEmpty)
        let job = try await bed.client.job("poison")
        #expect(job.text("failedReason") == "job stalled more than allowable limit")
        #expect(try await bed.client.ask("dump")["poison"]?["defa"] == nil)
    }

    @Test("what we may not take is left to the others, who are woken in our place")
    func gate() async throws {
        let bed = try await QueueBed()
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler)) {
            // From then on it waits to be woken.
            try await bed.client.add("first")
            try await bed.client.event("completed", "first")
            try await bed.client.ask("work", ["mode": "complete", "options": ["drainDelay": 300, "concurrency": 2]])
            handler.state.update { $0.canTake = false }
            for index in 1...5 { try await bed.client.add("job-\(index)") }
            try await bed.client.ask("until_seen", ["count": 5])
            try await bed.client.event("completed", count: 6)
            #expect(handler.callIDs == ["first"])
            try await bed.client.ask("stop")
            handler.state.update { $0.canTake = true }
            try await bed.client.add("last")
            try await bed.client.event("completed", "last")
        }
        #expect(handler.callIDs == ["first", "last"])
    }

    @Test("a job that the end of the process cut off goes back to the front of its line, without an attempt")
    func shutdown() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("cut", priority: 2)
        try await bed.client.add("done", priority: 2)
        let handler = ScriptedHandler { order in
            // Ends with the task.
            try? await Task.sleep(for: .seconds(600))
            return order.callID == "done" ? .accepted(callSID: "CA2") : .fault("the process ends")
        }
        try await bed.running(bed.worker(handler)) {
            try await handler.begun(2)
            handler.state.update { $0.canTake = false }
            try await bed.client.add("behind", priority: 2)
        }
        #expect(try await bed.client.state("done") == "completed")
        #expect(try await bed.client.state("cut") == "prioritized")
        let job = try await bed.client.job("cut")
        #expect(job.count("attemptsMade") == 0 && job.text("failedReason") == nil)
        let dump = try await bed.client.ask("dump")
        #expect(dump["cut:lock"] == nil && dump["active"] == nil)
        #expect(dump["marker"] != nil, "the others must know of it")
        let next = try await bed.queue().take(
            token: "next:1",
            lockTime: .seconds(30),
            pace: QueuePace(perSecond: 1_000),
            worker: nil
        )
        guard case .job(let first) = next else {
            Issue.record("nothing was taken: \(next)")
            return
        }
        #expect(first.id == "cut")
    }

    @Test("BullMQ's own tools can retry a job that failed here, and list us as a worker")
    func tools() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("again")
        let handler = ScriptedHandler { [tries = Record(0)] _ in
            tries.update { tries in
                tries += 1
                return tries == 1 ? .refused("not yet") : .stored
            }
        }
        try await bed.running(bed.worker(handler)) {
            try await bed.client.event("failed", "again")
            try await bed.client.ask("retry", ["job": "again"])
            try await bed.client.event("completed", "again")
            let clients = try await bed.client.ask("command", ["words": ["CLIENT", "LIST"]])
            #expect("\(clients)".contains("name=bull:Y2FsbHM="))
        }
        #expect(try await bed.client.state("again") == "completed")
    }
}
