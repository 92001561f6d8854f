import CallActors
import Foundation
import Synchronization
import Testing

@testable import CallRouter

@Suite struct DiallerTests {
    // MARK: - Placing

    @Test("a call is on record as sent before the carrier hears of it, and has its SID afterwards")
    func placing() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        guard case .place(let call, let number) = await dialler.nextStep() else {
            Issue.record("nothing is placed")
            return
        }
        let stored = try await bed.call("c1")
        #expect(stored.status == .initiating && stored.dialledAt == bed.time.date)
        #expect(bed.switchboard.log == ["dialled c1"])
        #expect(bed.carrier.orders.isEmpty)
        await dialler.place(call, to: number)
        #expect(try await bed.call("c1").callSID == "CA1")
        #expect(bed.carrier.orders.map(\.to) == [DialBed.number])
    }

    @Test("calls are dialled one after the other at the carrier's pace, the longest due first", arguments: [0.5, 1, 4])
    func pace(_ rate: Double) async throws {
        let bed = try DialBed(callsPerSecond: rate)
        let dialler = try bed.makeDialler()
        for index in 0..<8 {
            try await bed.order("c\(index)", dialAt: bed.time.date.addingTimeInterval(Double(-index)))
        }
        await bed.run(dialler, for: .seconds(20))
        #expect(bed.carrier.orders.map(\.callID) == (0..<8).reversed().map { "c\($0)" })
        let times = bed.carrier.state.withLock { $0.times }
        for (first, second) in zip(times, times.dropFirst()) {
            #expect(second.timeIntervalSince(first) >= 1 / rate - 0.001)
        }
    }

    @Test("a call that is not due yet waits for its time")
    func scheduled() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        try await bed.order("c1", dialAt: bed.time.date.addingTimeInterval(600))
        await bed.run(dialler, for: .seconds(599))
        #expect(bed.carrier.orders.isEmpty)
        await bed.run(dialler, for: .seconds(2))
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a number that opted out meanwhile is not dialled, and its call is declined")
    func optedOut() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        try await bed.store.optOut(OptOut(number: DialBed.number, at: bed.time.date, source: .call))
        await bed.run(dialler)
        let call = try await bed.call("c1")
        #expect(call.status == .completed && call.outcome == .declined && call.endReason == .optedOut)
        #expect(bed.carrier.orders.isEmpty)
    }

    @Test("a number that may not be called any more fails its call", arguments: ["+15559999999", "911"])
    func notAllowed(_ number: String) async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.numbers.set { $0.forbidden = ["+15559999999"] }
        try await bed.order("c1", to: number)
        await bed.run(dialler)
        let call = try await bed.call("c1")
        #expect(call.status == .failed && call.outcome == .error && call.endReason == .carrierFailed)
        #expect(call.errorMessage != nil && call.errorMessage?.contains(number) == false)
        #expect(bed.carrier.orders.isEmpty)
    }

    @Test("outside the callee's hours a call is put off until they open")
    func callingHours() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        let opening = bed.time.date.addingTimeInterval(7200)
        bed.numbers.set { $0.opensAt = opening }
        try await bed.order("c1")
        await bed.run(dialler)
        let call = try await bed.call("c1")
        #expect(call.status == .queued && call.dialAt == opening && call.attempt == 1)
        await bed.run(dialler, for: .seconds(7201))
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("without room, while draining and without an account nothing is dialled and the queue stays")
    func heldBack() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        bed.switchboard.set { $0.places = 0 }
        await bed.run(dialler, for: .seconds(5))
        bed.switchboard.set {
            $0.places = 1; $0.isDraining = true
        }
        await bed.run(dialler, for: .seconds(5))
        #expect(bed.carrier.orders.isEmpty)
        await bed.run(try bed.makeDialler(hasCarrier: false), for: .seconds(5))
        #expect(try await bed.call("c1").status == .queued)
        bed.switchboard.set { $0.isDraining = false }
        try await bed.order("c2", to: "+15557654321")
        await bed.run(dialler, for: .seconds(5))
        #expect(bed.carrier.orders.map(\.callID) == ["c1"], "the second waits for the place of the first")
    }

    @Test("a store that is down stops nothing for good")
    func storeDown() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        bed.access.isDown = true
        await bed.run(dialler, for: .seconds(10))
        #expect(bed.carrier.orders.isEmpty)
        bed.access.isDown = false
        await bed.run(dialler, for: .seconds(2))
        #expect(bed.carrier.orders.count == 1)
    }

    // MARK: - Creates that fail

    @Test("a create that the carrier cannot take is sent again within a minute, at the pace, and is no attempt")
    func createAgain() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.fail(.rateLimited(retryAfter: nil)), .fail(.unavailable("HTTP 503")), .take] }
        try await bed.order("c1")
        await bed.run(dialler)
        let call = try await bed.call("c1")
        #expect(call.callSID == "CA3" && call.attempt == 1)
        let times = bed.carrier.state.withLock { $0.times }
        #expect(times.count == 3)
        #expect(try #require(times.last).timeIntervalSince(try #require(times.first)) < 10)
        for (first, second) in zip(times, times.dropFirst()) { #expect(second.timeIntervalSince(first) >= 0.999) }
    }

    @Test("a carrier that takes no create for a minute fails the attempt, which is tried again later")
    func createGivenUp() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = Array(repeating: .fail(.unavailable("HTTP 500")), count: 100) }
        try await bed.order("c1")
        let start = bed.time.date
        await bed.run(dialler)
        let call = try await bed.call("c1")
        #expect(call.status == .queued && call.attempt == 2)
        let wait = try #require(call.dialAt).timeIntervalSince(start)
        #expect((1800...1861).contains(wait))
        #expect(bed.switchboard.dialledCalls.isEmpty)
    }

    @Test("a create that the carrier refuses is final, with the reason on record")
    func createRefused() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.fail(.rejected(status: 400, code: "21211"))] }
        try await bed.order("c1")
        await bed.run(dialler, for: .seconds(3600))
        let call = try await bed.call("c1")
        #expect(call.status == .failed && call.outcome == .error && call.endReason == .carrierFailed)
        #expect(call.errorMessage?.contains("21211") == true && call.attempt == 1)
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a 5xx that placed the call all the same is found in the carrier's list, and nothing is dialled twice")
    func faultThatPlaced() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.fail(.unavailable("HTTP 502"))] }
        let time = bed.time
        bed.carrier.set { state in
            state.calls = [CarrierCallState(callSID: "CA-lost", status: .ringing, createdAt: time.date)]
            state.numbers = ["CA-lost": DialBed.number]
        }
        try await bed.order("c1")
        await bed.run(dialler, for: .seconds(30))
        #expect(bed.carrier.orders.count == 1)
        let call = try await bed.call("c1")
        #expect(call.callSID == "CA-lost" && call.status == .ringing)
    }

    @Test("a create that waits while the process begins to drain goes back to the queue, uncounted")
    func drainWhileWaiting() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.fail(.rateLimited(retryAfter: nil))] }
        try await bed.order("c1")
        guard case .place(let call, let number) = await dialler.nextStep() else { return }
        bed.switchboard.set { $0.isDraining = true }
        await dialler.place(call, to: number)
        let stored = try await bed.call("c1")
        #expect(stored.status == .queued && stored.attempt == 1)
        #expect(bed.carrier.orders.count == 1 && bed.switchboard.dialledCalls.isEmpty)
    }
}
