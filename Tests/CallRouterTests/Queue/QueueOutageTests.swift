import CallActors
import Foundation
import NIOPosix
import StandIns
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueOutageTests {
    @Test("Redis restarts while a job is in hand: it is said once, and the job is completed")
    func restart() async throws {
        let bed = try await QueueBed()
        try await bed.client.add("survivor")
        let gate = Record(false)
        let handler = ScriptedHandler { order in
            guard order.callID == "survivor" else { return .stored }
            // Cannot fail but at the end of the test.
            _ = try? await gate.wait(for: "the gate", within: .seconds(60)) { $0 ? true : nil }
            return .accepted(callSID: "CA3")
        }
        let log = LogLines()
        try await bed.running(bed.worker(handler, logger: log.logger)) {
            try await handler.begun(1)
            try await bed.server.kill()
            _ = try await log.line(with: "cannot be used")
            // Its end cannot be written now, and is written later.
            gate.update { $0 = true }
            try await bed.server.start()
            let client = try bed.anotherClient()
            try await client.event("completed", "survivor")
            _ = try await log.line(with: "can be used again")
            try await client.add("next")
            try await client.event("completed", "next")
            #expect(try await client.job("survivor")["returnvalue"] == ["callId": "survivor", "callSid": "CA3"])
        }
        #expect(handler.callIDs == ["survivor", "next"])
        #expect(bed.metering.errors.contains(.queue))
        #expect(log.lines.current.filter { $0.contains("cannot be used") }.count == 1)
    }

    @Test("a Redis that is not there at the start is waited for")
    func lateStart() async throws {
        let server = try RedisServer(stopped: [])
        let (metering, handler, log) = (FakeMetering(), ScriptedHandler(), LogLines())
        let worker = QueueWorker(
            name: "calls",
            redis: try RedisConfiguration(url: server.url),
            on: MultiThreadedEventLoopGroup.singleton,
            handler: handler,
            pace: QueuePace(perSecond: 1_000),
            settings: QueueBed.settings,
            metering: metering,
            logger: log.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await worker.run() }
            defer { group.cancelAll() }
            #expect(await metering.nextError() == .queue)
            try #require(await server.start())
            let client = try OfficialClient(server)
            try await client.add("patient")
            try await client.event("completed", "patient")
        }
        #expect(handler.callIDs == ["patient"])
        #expect(log.lines.current.filter { $0.contains("cannot be used") }.count == 1)
    }

    @Test("a worker ends at once where Redis is away")
    func endWithoutRedis() async throws {
        let server = try RedisServer(stopped: [])
        let metering = FakeMetering()
        let worker = QueueWorker(
            name: "calls",
            redis: try RedisConfiguration(url: server.url),
            on: MultiThreadedEventLoopGroup.singleton,
            handler: ScriptedHandler(),
            pace: QueuePace(perSecond: 1),
            metering: metering,
            logger: .silent
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await worker.run() }
            _ = await metering.nextError()
            group.cancelAll()
        }
    }

    @Test("jobs are taken over rediss://, signed in as a user of its own")
    func tls() async throws {
        let bed = try await QueueBed(
            ["--user", "router", "on", ">s3cr3t/@:", "~bull:*", "&*", "+@all"],
            isSecure: true
        )
        let port = try #require(bed.server.tlsPort)
        let redis = try RedisConfiguration(
            url: "rediss://router:s3cr3t%2F%40%3A@127.0.0.1:\(port)",
            additionalRoots: [try bed.server.certificate()]
        )
        try await bed.client.add("sealed")
        let handler = ScriptedHandler()
        try await bed.running(bed.worker(handler, redis: redis)) {
            try await bed.client.event("completed", "sealed")
            let clients = "\(try await bed.client.ask("command", ["words": ["CLIENT", "LIST"]]))"
            #expect(clients.contains("user=router"))
        }
        let stranger = try RedisConfiguration(url: "rediss://127.0.0.1:\(port)")
        let client = RedisClient(stranger, on: MultiThreadedEventLoopGroup.singleton.next())
        await #expect(throws: RedisError.self, "a certificate that nobody vouches for") {
            try await client.send(["PING"])
        }
        await client.close()
    }

    @Test("the check tells what is wrong with a Redis, and never its password")
    func check() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await RedisServer.running([
            "--requirepass", "hunter2", "--maxmemory-policy", "allkeys-lru",
        ])
        func findings(_ url: String) async -> [Finding] {
            await QueueCheck(url: Secret(url), queue: "calls", eventLoopGroup: group).findings()
        }
        let good = await findings("redis://:hunter2@127.0.0.1:\(server.port)")
        #expect(good.map(\.grade) == [.ok, .warning])
        #expect(good.first?.detail.contains("Redis ") == true)
        #expect(good.last?.detail.contains("noeviction") == true)
        let client = RedisClient(
            try RedisConfiguration(url: "redis://:hunter2@127.0.0.1:\(server.port)"),
            on: group.next()
        )
        _ = try await client.send(["HSET", "bull:calls:meta", "paused", "1", "version", "bullmq:4.1.0"])
        await client.close()
        let odd = await findings("redis://:hunter2@127.0.0.1:\(server.port)")
        #expect(odd.map(\.grade) == [.ok, .warning, .warning, .warning])
        let wrong = await findings("redis://:letmein@127.0.0.1:\(server.port)")
        #expect(wrong.map(\.grade) == [.failed])
        #expect(!wrong.contains { $0.line.contains("letmein") })
        #expect(await findings("redis://127.0.0.1:\(server.port)").map(\.grade) == [.failed])
        #expect(await findings("http://:letmein@127.0.0.1").map(\.grade) == [.failed])
        try await server.kill()
        #expect(await findings("redis://:hunter2@127.0.0.1:\(server.port)").map(\.grade) == [.failed])
    }

    @Test("how many jobs a second one worker gets done")
    func throughput() async throws {
        let bed = try await QueueBed(["--appendfsync", "everysec"])
        let count = 1_000
        var order: JSONDocument = ["phone_number": "+15555550123", "call_type": "follow_up", "objective": "Ask"]
        let jobs = (1...count).map { index -> JSONDocument in
            let id = "job-\(index)"
            if case .object(var fields) = order {
                fields["call_id"] = .string(id)
                order = .object(fields)
            }
            return [order, ["jobId": .string(id), "priority": 3, "removeOnComplete": ["count": 1_000]]]
        }
        try await bed.client.ask("bulk", ["jobs": .array(jobs)])
        let handler = ScriptedHandler()
        let started = ContinuousClock.now
        try await bed.running(bed.worker(handler, pace: QueuePace(perSecond: 1_000_000))) {
            try await handler.begun(count)
            try await bed.client.event("drained")
        }
        let rate = Double(count) / (started.duration(to: .now) / .seconds(1))
        print("One worker: \(Int(rate)) jobs/s, \(count) jobs on a Redis of this machine.")
        #expect(Set(handler.callIDs).count == count)
    }
}
