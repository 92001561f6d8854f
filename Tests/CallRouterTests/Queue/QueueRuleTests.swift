import CallActors
import Foundation
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueRuleTests {
    private static let now = Date(timeIntervalSince1970: 1_795_345_246.831)

    private static func job(_ options: String = "{}", data: String = "{}", fields: [String: String] = [:]) -> QueueJob {
        QueueJob(id: "job", fields: ["opts": options, "data": data].merging(fields) { $1 })
    }

    private static func decide(_ result: CallJobResult, _ job: QueueJob, isEnding: Bool = false) -> JobDisposal {
        JobDisposal.decide(result, for: job, callID: "call", isEnding: isEnding, now: Self.now, random: 0)
    }

    @Test("the wait before an attempt doubles, or stays, as the job says")
    func backoff() {
        let exponential = JobBackoff(["type": "exponential", "delay": 5000])
        #expect((1...4).map { exponential?.wait(afterAttempts: $0) } == [5_000, 10_000, 20_000, 40_000])
        let fixed = JobBackoff(["type": "fixed", "delay": 700])
        #expect((1...3).map { fixed?.wait(afterAttempts: $0) } == [700, 700, 700])
        #expect(JobBackoff(1_500)?.wait(afterAttempts: 2) == 1_500)
        #expect(JobBackoff("250")?.wait(afterAttempts: 2) == 250)
        #expect(JobBackoff(["type": "house rule", "delay": 300])?.wait(afterAttempts: 5) == 300)
        #expect(JobBackoff(["type": "exponential"])?.wait(afterAttempts: 5) == 0)
        #expect(JobBackoff(nil) == nil && JobBackoff(.null) == nil && JobBackoff(true) == nil)
        // A year at most, whatever the producer writes.
        #expect(exponential?.wait(afterAttempts: 5_000) == 31_536_000_000)
        #expect(JobBackoff(["delay": -5])?.wait(afterAttempts: 1) == 0)
        let loose = JobBackoff(["type": "fixed", "delay": 1000, "jitter": 0.5])
        #expect(loose?.wait(afterAttempts: 1, random: 0) == 1_000 && loose?.wait(afterAttempts: 1, random: 1) == 500)
    }

    @Test("what is kept of finished jobs is read in every form that BullMQ takes")
    func retention() {
        #expect(JobRetention(nil) == .all && JobRetention(false) == .all && JobRetention("x") == .all)
        #expect(JobRetention(true) == JobRetention(age: nil, count: 0))
        #expect(JobRetention(5) == JobRetention(age: nil, count: 5))
        #expect(JobRetention(0) == JobRetention(age: nil, count: 0))
        #expect(JobRetention(-1) == .all)
        #expect(JobRetention(["age": 86400, "count": 1000]) == JobRetention(age: 86_400, count: 1_000))
        #expect(JobRetention(["age": 60]) == JobRetention(age: 60, count: nil))
    }

    @Test("a job is read with its defaults, and broken options do not break it")
    func reading() {
        let full = Self.job(
            #"{"attempts":3,"backoff":{"delay":5000,"type":"exponential"},"removeOnFail":{"age":604800},"lifo":true}"#,
            fields: ["atm": "2", "stacktrace": #"["a","b"]"#, "defa": "stalled", "deid": "d"]
        )
        #expect(full.attempts == 3 && full.attemptsMade == 2 && full.isLIFO)
        #expect(full.retentionWhenFailed.age == 604_800 && full.retentionWhenCompleted == .all)
        #expect(full.deferredFailure == "stalled" && full.deduplicationID == "d")
        #expect(full.stackTraces(adding: "c") == #"["a","b","Error: c"]"#)
        #expect(Self.job(fields: ["attemptsMade": "4", "atm": "1"]).attemptsMade == 4)
        #expect(Self.job(#"{"stackTraceLimit":0}"#).stackTraces(adding: "c") == "[]")
        for options in [
            "", "[]", "null", #"{"attempts":null,"backoff":[],"removeOnComplete":{}}"#, "{", #"{"attempts":1e300}"#,
        ] {
            let job = Self.job(options)
            #expect(job.attempts == 1 && job.backoff == nil && job.retentionWhenCompleted == .all)
        }
    }

    @Test("each result leads to what the queue shows for it")
    func disposal() {
        let job = Self.job(#"{"attempts":3,"backoff":{"type":"exponential","delay":5000}}"#)
        #expect(
            Self.decide(.accepted(callSID: "CA1"), job) == .complete(returnValue: #"{"callId":"call","callSid":"CA1"}"#)
        )
        #expect(Self.decide(.accepted(callSID: nil), job) == .complete(returnValue: #"{"callId":"call"}"#))
        #expect(Self.decide(.stored, job, isEnding: true) == .complete(returnValue: #"{"callId":"call"}"#))
        #expect(Self.decide(.refused("no"), job) == .fail(reason: "no"))
        #expect(Self.decide(.fault("away"), job) == .retry(reason: "away", after: 5_000))
        #expect(Self.decide(.fault("away"), job, isEnding: true) == .putBack)
        var last = job
        last.attemptsMade = 1
        #expect(Self.decide(.fault("away"), last) == .retry(reason: "away", after: 10_000))
        last.attemptsMade = 2
        #expect(Self.decide(.fault("away"), last) == .fail(reason: "away"))
        #expect(Self.decide(.fault("away"), Self.job()) == .fail(reason: "away"), "one attempt by default")
    }

    @Test("a job is never put off into the past, nor past what a score can hold")
    func delays() {
        let milliseconds = 1_795_345_246_831
        #expect(
            Self.decide(.delay(until: Self.now.addingTimeInterval(60)), Self.job())
                == .delay(until: milliseconds + 60_000)
        )
        #expect(Self.decide(.delay(until: .distantPast), Self.job()) == .delay(until: milliseconds))
        guard case .delay(let latest) = Self.decide(.delay(until: .distantFuture), Self.job()) else {
            Issue.record("not put off")
            return
        }
        let score = Double(latest) * 4_096 + 4_095
        #expect(score < 9_007_199_254_740_992, "scores above 2^53 are not exact")
    }

    @Test("an order is read from the data that the original producer writes")
    func order() throws {
        let data = #"""
            {"call_id":"11111111-1111-4111-8111-111111111111","lead_id":"l1","business_id":null,"consumer_id":7,
            "phone_number":"+15555550123","call_type":"qualify_lead","objective":"Qualify","system_prompt":"You are",
            "scheduled_time":"2026-11-23T10:00:00.5Z","attempt_number":1}
            """#
        let order = try CallJobData.order(of: Self.job(data: data))
        #expect(order.callID == "11111111-1111-4111-8111-111111111111" && order.to == "+15555550123")
        #expect(order.leadID == "l1" && order.businessID == nil && order.consumerID == "7")
        #expect(order.systemPrompt == "You are" && order.callType == "qualify_lead" && order.objective == "Qualify")
        #expect(order.scheduledTime == Date(timeIntervalSince1970: 1_795_428_000.5))
    }

    @Test("times are read as text, as seconds and as milliseconds")
    func times() throws {
        for (text, seconds) in [
            (#""2026-11-23T10:00:00Z""#, 1_795_428_000.0), (#""2026-11-23T11:00:00+01:00""#, 1_795_428_000),
            ("1795428000", 1_795_428_000), ("1795428000500", 1_795_428_000.5), (#""1795428000""#, 1_795_428_000),
        ] {
            let data = #"{"call_id":"c","phone_number":"+1","call_type":"t","objective":"o","scheduled_time":\#(text)}"#
            let order = try CallJobData.order(of: Self.job(data: data))
            #expect(order.scheduledTime == Date(timeIntervalSince1970: seconds), "\(text)")
        }
    }

    @Test("data that is no order names every bad field, and never a value")
    func faults() {
        func fault(_ data: String) -> CallJobData.Fault? {
            #expect(throws: CallJobData.Fault.self) { try CallJobData.order(of: Self.job(data: data)) }
        }
        #expect(fault("")?.fields == [] && fault("[1]")?.fields == [] && fault("\"+15555550123\"")?.fields == [])
        #expect(fault("{}")?.fields == ["call_id", "phone_number", "call_type", "objective"])
        let bad = fault(
            #"{"call_id":["x"],"phone_number":true,"call_type":"","objective":{},"scheduled_time":"later","lead_id":[]}"#
        )
        #expect(
            bad?.fields == ["call_id", "phone_number", "call_type", "objective", "scheduled_time", "lead_id"]
        )
        let partly = fault(#"{"call_id":"c","phone_number":"+15555550123","call_type":"t"}"#)
        #expect(partly?.fields == ["objective"] && partly?.description.contains("5555") == false)
    }

    @Test("a job without a call ID counts by its own, where that is a UUID")
    func jobID() throws {
        var job = Self.job(data: #"{"phone_number":"+1","call_type":"t","objective":"o"}"#)
        #expect(throws: CallJobData.Fault(fields: ["call_id"])) { try CallJobData.order(of: job) }
        job.id = "AAAAAAAA-1111-4111-8111-111111111111"
        #expect(try CallJobData.order(of: job).callID == "aaaaaaaa-1111-4111-8111-111111111111")
    }

    @Test("no data makes the reading of an order crash")
    func fuzz() {
        var random = SeededGenerator(seed: 20_261_123)
        let pieces = [
            "{", "}", "[", "]", "\"", ":", ",", "call_id", "phone_number", "null", "1e999", "-0", "\\u0000", "true",
            "\"call_type\":", "\"scheduled_time\":9e15", "\"objective\":\"o\"", " ", "é", "\\ud800",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            let job = Self.job(text.joined(), data: text.joined())
            // Whether it is an order or not, it is decided.
            _ = try? CallJobData.order(of: job)
        }
    }

    @Test("jobs are started evenly, and no more than the pace in a shared minute")
    func pace() {
        var pace = QueuePace(perSecond: 2)
        #expect(pace.maximum == 120 && pace.window == 60_000)
        let start = ContinuousClock.now
        #expect(pace.wait(at: start) == .zero)
        pace.started(at: start)
        #expect(pace.wait(at: start.advanced(by: .milliseconds(200))) == .milliseconds(300))
        #expect(pace.wait(at: start.advanced(by: .seconds(9))) == .zero)
        let slow = QueuePace(perSecond: 0.001)
        #expect(slow.maximum == 1 && slow.window == 1_000_000)
        for perSecond in [0.001, 0.016, 0.1, 1, 1.5, 7, 1_000] {
            let pace = QueuePace(perSecond: perSecond)
            #expect(Double(pace.maximum) <= perSecond * Double(pace.window) / 1_000 + 1e-9)
        }
    }

    @Test("another major version and an eviction policy that loses jobs are warned of")
    func requirements() {
        #expect(QueueRequirements.warning(producerVersion: "bullmq:5.59.0") == nil)
        #expect(QueueRequirements.warning(producerVersion: nil) == nil)
        #expect(QueueRequirements.warning(producerVersion: "bullmq-pro:7.0.0") == nil)
        #expect(QueueRequirements.warning(producerVersion: "bullmq:6.0.0")?.contains("6.0.0") == true)
        #expect(QueueRequirements.warning(evictionPolicy: "noeviction") == nil)
        #expect(QueueRequirements.warning(evictionPolicy: "volatile-lru")?.contains("noeviction") == true)
        let facts = RedisServerFacts(
            info: "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n"
        )
        #expect(facts.majorVersion == 7 && facts.evictionPolicy == "noeviction")
        #expect(RedisServerFacts(info: "").majorVersion == nil)
    }
}
