import Foundation
import NIOCore
import StandIns
import Synchronization
import Testing
import Wire

@testable import CallRouter

/// BullMQ's own client for Python, in a process of its own: fills a queue, reads it back, and works on it.
final class OfficialClient: Sendable {
    private let process: ToolProcess
    private let nextID = Mutex(0)

    /// Starts the client.
    ///
    /// - Parameters:
    ///   - server: The Redis of the queue.
    ///   - queue: Its name.
    /// - Throws: Where the client is not installed.
    init(_ server: RedisServer, queue: String = "calls") throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let python = root.appendingPathComponent(".build/test-tools/bin/python").path
        self.process = try ToolProcess([python, "-u", "-c", Self.program, server.url, queue])
    }

    /// Kills the client, and with it its worker, as a crash does.
    func kill() async throws { try await self.process.kill9() }

    /// Has one thing done, and returns what came of it.
    @discardableResult
    func ask(_ command: String, _ arguments: [String: JSONDocument] = [:]) async throws -> JSONDocument {
        let id = self.nextID.withLock { next in
            next += 1
            return next
        }
        let request = JSONDocument.object(arguments.merging(["id": .integer(id), "do": .string(command)]) { $1 })
        self.process.write(line: String(buffer: request.encoded()))
        let mark = "\u{1}\(id) "
        let line = try await self.process.state.wait(for: "the answer to \(command)", within: .seconds(60)) { state in
            if let line = state.output.split(separator: "\n").first(where: { $0.hasPrefix(mark) }) {
                return String(line.dropFirst(mark.count))
            }
            return state.status.map { "\"ended with \($0): \(state.output.suffix(2_000))\"" }
        }
        let answer = try #require(JSONDocument(parsing: line), "\(command): \(line)")
        if let error = answer["error"] { Issue.record("\(command): \(error)") }
        return answer["value"] ?? .null
    }

    /// The defaults of the program that fills the queue.
    static let defaults: [String: JSONDocument] = [
        "attempts": 3, "backoff": ["type": "exponential", "delay": 5000],
        "removeOnComplete": ["age": 86400, "count": 1000], "removeOnFail": ["age": 604800, "count": 5000],
    ]

    /// Enqueues an order for a call under its call ID.
    @discardableResult
    func add(
        _ id: String,
        priority: Int = 3,
        data: [String: JSONDocument] = [:],
        options: [String: JSONDocument] = [:]
    ) async throws -> String {
        var order: [String: JSONDocument] = [
            "call_id": .string(id), "lead_id": "7a1d0c1e-0000-4000-8000-000000000001", "phone_number": "+15555550123",
            "call_type": "qualify_lead", "objective": "Qualify the lead", "system_prompt": "You are ...",
            "attempt_number": 1,
        ]
        order.merge(data) { $1 }
        var all = Self.defaults
        all["jobId"] = .string(id)
        all["priority"] = .integer(priority)
        all.merge(options) { $1 }
        let added = try await self.ask("add", ["data": .object(order), "opts": .object(all)])
        return added.lenientText ?? ""
    }

    func state(_ id: String) async throws -> String? { try await self.ask("state", ["job": .string(id)]).lenientText }

    func job(_ id: String) async throws -> JSONDocument { try await self.ask("job", ["job": .string(id)]) }

    /// Waits until the queue has told an event, of one job or of any.
    @discardableResult
    func event(_ name: String, _ id: String? = nil, count: Int = 1) async throws -> JSONDocument {
        try await self.ask(
            "event",
            ["name": .string(name), "job": id.map { .string($0) } ?? .null, "count": .integer(count)]
        )
    }

    /// All events, as `name` or `name job`, in order.
    func events() async throws -> [String] {
        guard case .array(let events) = try await self.ask("events") else { return [] }
        return events.compactMap(\.lenientText)
    }

    private static let program = #"""
        import asyncio, json, sys, time, os
        import redis.asyncio as redis
        from bullmq import Queue, Worker, Job

        url, name = sys.argv[1], sys.argv[2]

        async def main():
            loop = asyncio.get_running_loop()
            reader = asyncio.StreamReader(limit=1 << 24)
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            plain = redis.from_url(url, decode_responses=True)
            queue = Queue(name, {"connection": url})
            key = lambda part: f"bull:{name}:{part}"
            state = {"worker": None, "seen": [], "seen_event": asyncio.Event()}

            async def read(job):
                found = await Job.fromId(queue, job)
                if found is None: return None
                names = ["attemptsMade", "attemptsStarted", "returnvalue", "failedReason", "finishedOn", "processedOn",
                         "delay", "priority", "stacktrace", "stalledCounter", "deferredFailure", "name"]
                return {name: getattr(found, name) for name in names}

            async def wait_event(wanted, job, count):
                last, found = "0", []
                deadline = time.time() + 50
                while time.time() < deadline:
                    for _, entries in await plain.xread({key("events"): last}, block=1000) or []:
                        for last, fields in entries:
                            if fields["event"] == wanted and (job is None or fields.get("jobId") == job):
                                found.append(fields)
                                if len(found) >= count: return found[-1]
                raise Exception(f"no {wanted} of {job}; events: {await all_events()}")

            async def all_events():
                entries = await plain.xrange(key("events"))
                return [" ".join([f["event"]] + ([f["jobId"]] if "jobId" in f else [])) for _, f in entries]

            async def dump():
                result = {}
                for full in sorted(await plain.keys(key("*"))):
                    kind, short = await plain.type(full), full[len(key("")):]
                    if kind == "hash": result[short] = await plain.hgetall(full)
                    elif kind == "list": result[short] = await plain.lrange(full, 0, -1)
                    elif kind == "zset": result[short] = [[m, s] for m, s in await plain.zrange(full, 0, -1, withscores=True)]
                    elif kind == "set": result[short] = sorted(await plain.smembers(full))
                    elif kind == "string": result[short] = await plain.get(full)
                return result

            async def process(job, token):
                state["seen"].append(job.id)
                state["seen_event"].set()
                if state["mode"] == "hang": await asyncio.sleep(3600)
                if state["mode"] == "fail": raise Exception("provider 503")
                await asyncio.sleep(state["seconds"])
                return {"by": "official"}

            async def sets_of(watched, count):
                await plain.config_set("notify-keyspace-events", "KEA")
                async with plain.pubsub() as channel:
                    await channel.subscribe(f"__keyspace@0__:{watched}")
                    seen = 0
                    async for message in channel.listen():
                        if message["type"] == "message" and message["data"] == "set":
                            seen += 1
                            if seen >= count: return seen

            async def perform(r):
                what = r["do"]
                if what == "add": return (await queue.add("initiate-call", r["data"], r["opts"])).id
                if what == "bulk":
                    return len(await queue.addBulk([{"name": "initiate-call", "data": d, "opts": o} for d, o in r["jobs"]]))
                if what == "state": return await queue.backend.getState(r["job"])
                if what == "job": return await read(r["job"])
                if what == "counts": return await queue.getJobCounts(*r["states"])
                if what == "pause": return await queue.pause()
                if what == "resume": return await queue.resume()
                if what == "remove": return await (await Job.fromId(queue, r["job"])).remove()
                if what == "retry": return await (await Job.fromId(queue, r["job"])).retry()
                if what == "event": return await wait_event(r["name"], r["job"], r["count"])
                if what == "events": return await all_events()
                if what == "dump": return await dump()
                if what == "sets": return await sets_of(r["key"], r["count"])
                if what == "command": return await plain.execute_command(*r["words"])
                if what == "concurrency": return await queue.setGlobalConcurrency(r["limit"])
                if what == "rate": return await queue.setGlobalRateLimit(r["max"], r["duration"])
                if what == "limit": return await queue.rateLimit(r["milliseconds"])
                if what == "workers": return [w.get("name") for w in await queue.get_workers()]
                if what == "work":
                    state["mode"], state["seconds"] = r["mode"], r.get("seconds", 0)
                    options = {"connection": url}
                    options.update(r["options"])
                    state["worker"] = Worker(name, process, options)
                    return True
                if what == "seen": return state["seen"]
                if what == "until_seen":
                    while len(state["seen"]) < r["count"]:
                        state["seen_event"].clear()
                        await asyncio.wait_for(state["seen_event"].wait(), 50)
                    return state["seen"]
                if what == "stop":
                    worker = state["worker"]
                    closing = asyncio.ensure_future(worker.close())
                    # It wakes a wait for the next job that has begun, not one that is about to: that one is woken here.
                    while not (await asyncio.wait({closing}, timeout=0.2))[0]:
                        if worker.waiting: worker.waiting.cancel()
                    return await closing
                raise Exception(f"what is {what}?")

            async def answer(request):
                try: value = {"value": await perform(request)}
                except Exception as error: value = {"error": f"{type(error).__name__}: {error}"}
                print(f"\x01{request['id']} {json.dumps(value, default=str)}", flush=True)

            tasks = set()
            while line := await reader.readline():
                task = asyncio.create_task(answer(json.loads(line)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            os._exit(0)

        asyncio.run(main())
        """#
}
