import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct CallDeskTests {
    private static func order(_ change: (inout NewCall) -> Void = { _ in }) -> NewCall {
        var order = NewCall(to: DialBed.number, callType: "qualify_lead", objective: "Ask for the budget.")
        change(&order)
        return order
    }

    private static func desk(
        _ bed: DialBed,
        hasCarrier: Bool = true,
        rules: CallOrderRules = CallOrderRules(),
        initiator: CallDesk.Initiator = .notNeeded
    ) throws -> CallDesk {
        let time = bed.time
        return CallDesk(
            dialler: try bed.makeDialler(hasCarrier: hasCarrier),
            store: bed.access,
            switchboard: bed.switchboard,
            numbers: bed.numbers,
            rules: rules,
            initiator: initiator,
            ownNumber: "+15550001111",
            logger: .silent,
            now: { time.date }
        )
    }

    private static func error(_ desk: CallDesk, _ order: NewCall, _ key: IdempotencyKey? = nil) async
        -> CallIntakeError?
    {
        do throws(CallIntakeError) {
            _ = try await desk.create(order, idempotency: key)
            return nil
        } catch {
            return error
        }
    }

    @Test("an order is stored whole as a queued call")
    func stored() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed)
        let time = bed.time.date.addingTimeInterval(3600)
        let call = try await desk.create(
            Self.order { order in
                order.leadID = "lead"
                order.voice = "cedar"
                order.systemPrompt = "You are kind."
                order.scheduledTime = time
                order.context = ["urgency": "high"]
            },
            idempotency: nil
        )
        let record = try await bed.call(call.callID)
        #expect(UUID(uuidString: call.callID) != nil)
        #expect(record.status == .queued && record.direction == .outbound && record.attempt == 1)
        #expect(record.to == DialBed.number && record.from == "+15550001111")
        #expect(record.dialAt == time && record.scheduledTime == time)
        #expect(record.voice == "cedar" && record.leadID == "lead" && record.context == ["urgency": "high"])
        #expect(record.systemPrompt == "You are kind." && record.callType == "qualify_lead")
    }

    @Test("every wrong field is named at once, and nothing is stored")
    func faults() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed, rules: CallOrderRules(identifiersAreUUIDs: true))
        let order = Self.order { order in
            order.to = "5551234"
            order.callType = "sell"
            order.objective = " \n"
            order.voice = "no voice!"
            order.systemPrompt = String(repeating: "x", count: 20_001)
            order.scheduledTime = bed.time.date.addingTimeInterval(-301)
            order.leadID = "7"
            order.consumerID = ""
            order.context = ["budget_max": String(repeating: "9", count: 4_001)]
        }
        guard case .invalid(let fields) = await Self.error(desk, order) else {
            Issue.record("the order is taken")
            return
        }
        #expect(
            fields.keys.sorted() == [
                "call_type", "consumer_id", "lead_details.budget_max", "lead_id", "objective", "scheduled_time",
                "system_prompt", "to", "voice",
            ]
        )
        #expect(try await bed.store.nextDue() == nil)
    }

    @Test("the bounds of an order are where they say")
    func bounds() {
        func fields(_ change: (inout NewCall) -> Void) -> [String] {
            CallOrderRules().faults(of: Self.order(change), at: Samples.start).keys.sorted()
        }
        #expect(fields { $0.objective = String(repeating: "é", count: 4_000) } == [])
        #expect(fields { $0.objective = String(repeating: "é", count: 4_001) } == ["objective"])
        #expect(fields { $0.scheduledTime = Samples.start.addingTimeInterval(-299) } == [])
        #expect(fields { $0.scheduledTime = Samples.start.addingTimeInterval(367 * 86_400) } == ["scheduled_time"])
        #expect(fields { $0.consumerID = "user_2abc" } == [])
        #expect(fields { $0.initiatorID = String(repeating: "x", count: 129) } == ["initiator_id"])
        #expect(fields { $0.callID = "a\u{0}b" } == ["call_id"])
    }

    @Test("numbers that may not be called, and those that opted out, are refused")
    func refusals() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed)
        bed.numbers.set { $0.forbidden = [DialBed.number] }
        guard case .notAllowed = await Self.error(desk, Self.order()) else {
            Issue.record("the number is taken")
            return
        }
        bed.numbers.set { $0.forbidden = [] }
        try await bed.store.optOut(OptOut(number: DialBed.number, at: bed.time.date, source: .call))
        #expect(await Self.error(desk, Self.order()) == .optedOut)
    }

    @Test("a repeated order is the same call; another one under its key is refused")
    func idempotency() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed)
        let key = IdempotencyKey(key: "k", bodyHash: "h")
        let first = try await desk.create(Self.order(), idempotency: key)
        let second = try await desk.create(Self.order(), idempotency: key)
        #expect(first.callID == second.callID)
        #expect(
            await Self.error(desk, Self.order(), IdempotencyKey(key: "k", bodyHash: "other")) == .idempotencyMismatch
        )
    }

    @Test("a repeated order is answered with its call while the router drains, is full, or would refuse it today")
    func repeatedWhileRefusing() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed)
        let key = IdempotencyKey(key: "k", bodyHash: "h")
        let order = Self.order { $0.scheduledTime = bed.time.date.addingTimeInterval(-60) }
        let first = try await desk.create(order, idempotency: key)
        bed.switchboard.set { $0.isDraining = true }
        #expect(try await desk.create(order, idempotency: key).callID == first.callID)
        #expect(await Self.error(desk, order, IdempotencyKey(key: "k", bodyHash: "other")) == .idempotencyMismatch)
        #expect(await Self.error(desk, order, IdempotencyKey(key: "new", bodyHash: "h")) == .draining)
        bed.switchboard.set {
            $0.isDraining = false; $0.places = 0
        }
        #expect(try await desk.create(order, idempotency: key).callID == first.callID)
        bed.switchboard.set { $0.places = 1 }
        try await bed.store.optOut(OptOut(number: DialBed.number, at: bed.time.date, source: .call))
        #expect(try await desk.create(order, idempotency: key).callID == first.callID)
        let withoutAccount = try Self.desk(bed, hasCarrier: false)
        #expect(try await withoutAccount.create(order, idempotency: key).callID == first.callID)
        bed.access.isDown = true
        #expect(await Self.error(desk, order, key) == .storeUnavailable)
    }

    @Test("a draining router, one without room, without an account or without its store takes no order")
    func unavailable() async throws {
        let bed = try DialBed()
        let desk = try Self.desk(bed)
        bed.switchboard.set { $0.isDraining = true }
        #expect(await Self.error(desk, Self.order()) == .draining)
        let later = Self.order { $0.scheduledTime = bed.time.date.addingTimeInterval(3600) }
        #expect(await Self.error(desk.forLiveCalls, later) == nil, "what is agreed in a live call is kept")
        bed.switchboard.set {
            $0.isDraining = false; $0.places = 0
        }
        #expect(await Self.error(desk, Self.order()) == .atCapacity)
        #expect(await Self.error(desk, later) == nil, "there will be room by then")
        bed.switchboard.set { $0.places = 1 }
        #expect(await Self.error(try Self.desk(bed, hasCarrier: false), Self.order()) == .carrierNotConfigured)
        // Without an account no number is allowed by itself; what is missing is the account.
        bed.numbers.set { $0.forbidden = [DialBed.number] }
        #expect(await Self.error(try Self.desk(bed, hasCarrier: false), Self.order()) == .carrierNotConfigured)
        bed.numbers.set { $0.forbidden = [] }
        bed.access.isDown = true
        #expect(await Self.error(desk, Self.order()) == .storeUnavailable)
    }

    @Test("who ordered a call is named by the order, else resolved, else missed where it is required")
    func initiator() async throws {
        let bed = try DialBed()
        let known = CallDesk.Initiator(isRequired: true) { $0.consumerID }
        let desk = try Self.desk(bed, initiator: known)
        let named = try await desk.create(
            Self.order {
                $0.initiatorID = "user_1"; $0.consumerID = "user_2"
            },
            idempotency: nil
        )
        #expect(named.initiatorID == "user_1")
        let resolved = try await desk.create(Self.order { $0.consumerID = "user_2" }, idempotency: nil)
        #expect(resolved.initiatorID == "user_2")
        guard case .invalid(let fields) = await Self.error(desk, Self.order()) else {
            Issue.record("an order of nobody is taken")
            return
        }
        #expect(Array(fields.keys) == ["initiator_id"])
    }

    // MARK: - Jobs

    private static func jobs(_ bed: DialBed, _ desk: CallDesk) -> DiallerJobs {
        let time = bed.time
        return DiallerJobs(desk: desk, store: bed.access, numbers: bed.numbers, now: { time.date })
    }

    @Test("a job's call is stored once, and a job that comes again is done")
    func jobs() async throws {
        let bed = try DialBed()
        let jobs = Self.jobs(bed, try Self.desk(bed))
        let order = Self.order {
            $0.callID = "job-1"; $0.scheduledTime = bed.time.date.addingTimeInterval(-7200)
        }
        #expect(await jobs.take(order) == .stored)
        #expect(await jobs.take(order) == .stored)
        let dialler = try bed.makeDialler()
        await bed.run(dialler)
        #expect(await jobs.take(order) == .accepted(callSID: "CA1"))
        await bed.makeDesk(dialler).status(DialBed.update("job-1", "CA1", .busy, 1))
        #expect(await jobs.take(order) == .stored, "its next attempt is the router's own")
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("outside the callee's hours a job waits until they open")
    func jobHours() async throws {
        let bed = try DialBed()
        let jobs = Self.jobs(bed, try Self.desk(bed))
        let opening = bed.time.date.addingTimeInterval(3600)
        bed.numbers.set { $0.opensAt = opening }
        #expect(await jobs.take(Self.order { $0.callID = "job-1" }) == .delay(until: opening))
        #expect(try await bed.store.call(id: "job-1") == nil)
    }

    @Test("a job that can never be called is refused, and its call on record ends")
    func jobRefused() async throws {
        let bed = try DialBed()
        let jobs = Self.jobs(bed, try Self.desk(bed))
        guard case .refused = await jobs.take(Self.order { $0.callType = "sell" }) else {
            Issue.record("the job is taken")
            return
        }
        try await bed.order("job-1")
        try await bed.store.optOut(OptOut(number: DialBed.number, at: bed.time.date, source: .call))
        guard case .refused = await jobs.take(Self.order { $0.callID = "job-1" }) else {
            Issue.record("the job is taken")
            return
        }
        #expect(try await bed.call("job-1").outcome == .declined)
    }

    @Test("no job is taken while draining, without room or without an account; one that slips in waits")
    func jobCapacity() async throws {
        let bed = try DialBed()
        let jobs = Self.jobs(bed, try Self.desk(bed))
        #expect(jobs.canTake)
        bed.switchboard.set { $0.places = 0 }
        #expect(!jobs.canTake)
        #expect(await jobs.take(Self.order()) == .delay(until: bed.time.date.addingTimeInterval(5)))
        bed.switchboard.set {
            $0.places = 1; $0.isDraining = true
        }
        #expect(!jobs.canTake)
        bed.switchboard.set { $0.isDraining = false }
        #expect(!Self.jobs(bed, try Self.desk(bed, hasCarrier: false)).canTake)
        bed.access.isDown = true
        guard case .fault = await jobs.take(Self.order { $0.callID = "job-1" }) else {
            Issue.record("a job is lost without its store")
            return
        }
    }
}
