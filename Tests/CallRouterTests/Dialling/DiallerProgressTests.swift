import CallActors
import Foundation
import Synchronization
import Testing

@testable import CallRouter

@Suite struct DiallerProgressTests {
    /// A call that was placed and has its SID.
    private static func placed(_ bed: DialBed) async throws -> (Dialler, CarrierDesk) {
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        await bed.run(dialler)
        #expect(try await bed.call("c1").callSID == "CA1")
        return (dialler, bed.makeDesk(dialler))
    }

    @Test("callbacks take a call from initiating to ringing and to an answer, found by our identifier or the SID")
    func callbacks() async throws {
        let bed = try DialBed()
        let (_, desk) = try await Self.placed(bed)
        await desk.status(DialBed.update("c1", "CA1", .initiated, 0))
        #expect(try await bed.call("c1").status == .initiating)
        await desk.status(DialBed.update(nil, "CA1", .ringing, 1))
        #expect(try await bed.call("c1").status == .ringing)
        await desk.status(DialBed.update("c1", "CA1", .inProgress, 2))
        #expect(bed.switchboard.log.last == "answered c1")
        let call = try await bed.call("c1")
        #expect(call.status == .ringing && call.carrierSequence == 2, "the stream's start says that it is in progress")
        await desk.status(DialBed.update("unknown", "CA-unknown", .completed, 3))
        await desk.status(DialBed.update("c1", "CA-other", .busy, 3))
        #expect(try await bed.call("c1").status == .ringing)
    }

    @Test(
        "an attempt that nobody answers waits, and the call ends after its last one",
        arguments: [
            (CarrierCallStatus.noAnswer, EndReason.noAnswer, CallRecord.Outcome.noAnswer),
            (.busy, .busy, .noAnswer), (.failed, .carrierFailed, .error), (.canceled, .carrierFailed, .error),
        ]
    )
    func attempts(_ status: CarrierCallStatus, _ reason: EndReason, _ outcome: CallRecord.Outcome) async throws {
        let bed = try DialBed(retryMinutes: [30, 60])
        let (dialler, desk) = try await Self.placed(bed)
        for attempt in 1...3 {
            let sid = "CA\(attempt)"
            #expect(try await bed.call("c1").callSID == sid)
            await desk.status(DialBed.update("c1", sid, .ringing, 1))
            await desk.status(DialBed.update("c1", sid, status, 2))
            await desk.status(DialBed.update("c1", sid, status, 2))
            await desk.status(DialBed.update("c1", sid, .ringing, 1))
            let call = try await bed.call("c1")
            guard attempt < 3 else { break }
            #expect(call.status == .queued && call.attempt == attempt + 1 && call.callSID == nil)
            #expect(call.dialAt == bed.time.date.addingTimeInterval(attempt == 1 ? 1800 : 3600))
            #expect(bed.switchboard.log.last == "withdrawn c1")
            #expect(bed.switchboard.ends.isEmpty)
            await bed.run(dialler, for: .seconds(3605))
        }
        let call = try await bed.call("c1")
        #expect(call.status == (outcome == .error ? .failed : .completed) && call.outcome == outcome)
        #expect(call.endReason == reason && call.attempt == 3)
        #expect(bed.switchboard.ends == [reason])
        #expect(bed.carrier.orders.count == 3)
    }

    @Test("a call whose number opts out after its first attempt is not tried again")
    func optOutBetween() async throws {
        let bed = try DialBed()
        let (_, desk) = try await Self.placed(bed)
        try await bed.store.optOut(OptOut(number: DialBed.number, at: bed.time.date, source: .api))
        await desk.status(DialBed.update("c1", "CA1", .noAnswer, 1))
        let call = try await bed.call("c1")
        #expect(call.status == .completed && call.outcome == .noAnswer)
    }

    @Test("a retry waits for the callee's hours")
    func retryInHours() async throws {
        let bed = try DialBed()
        let (_, desk) = try await Self.placed(bed)
        let opening = bed.time.date.addingTimeInterval(40_000)
        bed.numbers.set { $0.opensAt = opening }
        await desk.status(DialBed.update("c1", "CA1", .busy, 1))
        #expect(try await bed.call("c1").dialAt == opening)
    }

    @Test("the end of a talk ends the call, and no attempt follows")
    func talk() async throws {
        let bed = try DialBed()
        let (dialler, desk) = try await Self.placed(bed)
        try await bed.switchboard.goLive("c1")
        await bed.run(dialler, for: .seconds(300))
        #expect(bed.carrier.state.withLock { $0.fetches.isEmpty }, "a live call needs no questions")
        await desk.status(DialBed.update("c1", "CA1", .completed, 3, seconds: 290))
        await desk.status(DialBed.update("c1", "CA1", .completed, 3, seconds: 290))
        #expect(bed.switchboard.ends == [.callerHangup])
        await bed.run(dialler, for: .seconds(7200))
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("the end of a call in transfer waits for the transfer's own word, then counts as transferred")
    func transfer() async throws {
        let bed = try DialBed()
        let (dialler, desk) = try await Self.placed(bed)
        try await bed.switchboard.goLive("c1")
        bed.switchboard.set { $0.transfers["c1"] = "+15550009999" }
        await desk.status(DialBed.update("c1", "CA1", .completed, 3))
        #expect(bed.switchboard.ends.isEmpty)
        await bed.run(dialler, for: .seconds(6))
        #expect(bed.switchboard.ends == [.transferred])
    }

    @Test("a caller who hangs up while the transfer still rings has hung up")
    func transferTakenBack() async throws {
        let bed = try DialBed()
        let (dialler, desk) = try await Self.placed(bed)
        try await bed.switchboard.goLive("c1")
        bed.switchboard.set { $0.transfers["c1"] = "+15550009999" }
        await desk.status(DialBed.update("c1", "CA1", .completed, 3))
        bed.switchboard.set { $0.transfers["c1"] = nil }
        await bed.run(dialler, for: .seconds(6))
        #expect(bed.switchboard.ends == [.callerHangup])
    }

    // MARK: - Races with the create's answer

    @Test("callbacks, and even the end, may come before the answer to the create")
    func callbacksFirst() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        let desk = bed.makeDesk(dialler)
        bed.carrier.set { $0.turns = [.takeLate] }
        try await bed.order("c1")
        guard case .place(let call, let number) = await dialler.nextStep() else { return }
        async let placing: Void = dialler.place(call, to: number)
        #expect(await bed.carrier.nextOrder() == "c1")
        await desk.status(DialBed.update("c1", "CA1", .ringing, 1))
        var stored = try await bed.call("c1")
        #expect(stored.status == .ringing && stored.callSID == "CA1")
        await desk.status(DialBed.update("c1", "CA1", .busy, 2))
        while bed.carrier.state.withLock({ $0.held.isEmpty }) { await Task.yield() }
        bed.carrier.release()
        await placing
        stored = try await bed.call("c1")
        #expect(stored.status == .queued && stored.attempt == 2, "the late answer changes nothing")
        #expect(stored.callSID == nil)
        #expect(bed.carrier.hangUps.isEmpty)
    }

    @Test("the stream may come before the answer to the create")
    func streamFirst() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.takeLate] }
        try await bed.order("c1")
        guard case .place(let call, let number) = await dialler.nextStep() else { return }
        async let placing: Void = dialler.place(call, to: number)
        #expect(await bed.carrier.nextOrder() == "c1")
        try await bed.switchboard.goLive("c1")
        while bed.carrier.state.withLock({ $0.held.isEmpty }) { await Task.yield() }
        bed.carrier.release()
        await placing
        let stored = try await bed.call("c1")
        #expect(stored.status == .inProgress && stored.callSID == "CA1")
        await bed.run(dialler, for: .seconds(600))
        #expect(bed.switchboard.ends.isEmpty && bed.carrier.orders.count == 1)
    }

    @Test("a call that ended here while it was being placed is taken back at the carrier")
    func endedWhilePlacing() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.takeLate] }
        try await bed.order("c1")
        guard case .place(let call, let number) = await dialler.nextStep() else { return }
        async let placing: Void = dialler.place(call, to: number)
        #expect(await bed.carrier.nextOrder() == "c1")
        await bed.switchboard.carrierEnded(callID: "c1", reason: .operatorHangup, errorMessage: nil)
        while bed.carrier.state.withLock({ $0.held.isEmpty }) { await Task.yield() }
        bed.carrier.release()
        await placing
        #expect(bed.carrier.hangUps == ["CA1"])
    }

    @Test("a late callback of an earlier attempt does not become that of a later one")
    func lateCallback() async throws {
        let bed = try DialBed()
        let (dialler, desk) = try await Self.placed(bed)
        await desk.status(DialBed.update("c1", "CA1", .noAnswer, 2))
        bed.time.advance(by: .seconds(1800))
        bed.carrier.set { $0.turns = [.takeLate] }
        guard case .place(let call, let number) = await dialler.nextStep() else {
            Issue.record("the second attempt is not placed")
            return
        }
        async let placing: Void = dialler.place(call, to: number)
        while bed.carrier.state.withLock({ $0.held.isEmpty }) { await Task.yield() }
        await desk.status(DialBed.update("c1", "CA1", .noAnswer, 2))
        #expect(try await bed.call("c1").status == .initiating)
        await desk.status(DialBed.update("c1", "CA2", .ringing, 1))
        #expect(try await bed.call("c1").status == .ringing)
        bed.carrier.release()
        await placing
        let stored = try await bed.call("c1")
        #expect(stored.callSID == "CA2" && stored.attempt == 2)
    }

    // MARK: - Without callbacks

    @Test("a call of which nothing is heard is asked about, and ends as the carrier says")
    func reconciled() async throws {
        let bed = try DialBed(retryMinutes: [])
        let (dialler, _) = try await Self.placed(bed)
        bed.carrier.move("CA1", to: .ringing)
        await bed.run(dialler, for: .seconds(80))
        #expect(try await bed.call("c1").status == .ringing)
        bed.carrier.move("CA1", to: .noAnswer)
        await bed.run(dialler, for: .seconds(31))
        let call = try await bed.call("c1")
        #expect(call.status == .completed && call.endReason == .noAnswer)
        #expect(bed.carrier.state.withLock { $0.fetches } == ["CA1", "CA1"])
    }

    @Test("a create without an answer is found in the carrier's list, and not sent again")
    func silentCreate() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set { $0.turns = [.takeSilently] }
        try await bed.order("c1")
        await bed.run(dialler, for: .seconds(10))
        #expect(try await bed.call("c1").callSID == "CA1")
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a create without an answer and without any sign fails its attempt after the ring time and 30 seconds")
    func noSign() async throws {
        let bed = try DialBed()
        let dialler = try bed.makeDialler()
        bed.carrier.set {
            $0.turns = [.fail(.unanswered("cut"))]; $0.lists = false
        }
        try await bed.order("c1")
        await bed.run(dialler, for: .seconds(85))
        #expect(try await bed.call("c1").status == .initiating)
        await bed.run(dialler, for: .seconds(12))
        let call = try await bed.call("c1")
        #expect(call.status == .queued && call.attempt == 2)
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a carrier that cannot be asked keeps the call undecided for a while, and then its attempt has failed")
    func carrierSilent() async throws {
        let bed = try DialBed()
        let (dialler, _) = try await Self.placed(bed)
        bed.carrier.set { $0.isDown = true }
        await bed.run(dialler, for: .seconds(600))
        #expect(try await bed.call("c1").status == .initiating)
        await bed.run(dialler, for: .seconds(120))
        #expect(try await bed.call("c1").attempt == 2)
    }

    @Test("an end that comes while the store is down is found out when it is back")
    func storeDown() async throws {
        let bed = try DialBed(retryMinutes: [])
        let (dialler, desk) = try await Self.placed(bed)
        bed.access.isDown = true
        bed.carrier.move("CA1", to: .busy)
        await desk.status(DialBed.update("c1", "CA1", .busy, 2))
        await bed.run(dialler, for: .seconds(20))
        bed.access.isDown = false
        await bed.run(dialler, for: .seconds(10))
        #expect(try await bed.call("c1").endReason == .busy)
    }

    // MARK: - Other reports

    @Test("who answered is written down and told to the call, also before the SID is stored")
    func detection() async throws {
        let bed = try DialBed()
        let (_, desk) = try await Self.placed(bed)
        await desk.answered(AnsweringReport(callSID: "CA1", callID: "c1", answeredBy: .machineEndBeep))
        #expect(try await bed.call("c1").answeredBy == "machine_end_beep")
        #expect(bed.switchboard.log.last == "detected machine_end_beep c1")
        await desk.answered(AnsweringReport(callSID: "CA9", callID: "c1", answeredBy: .human))
        #expect(try await bed.call("c1").answeredBy == "machine_end_beep")
    }

    @Test("a stream that the carrier cannot open is counted")
    func streamErrors() async throws {
        let bed = try DialBed()
        let (_, desk) = try await Self.placed(bed)
        await desk.stream(StreamReport(callSID: "CA1", kind: .started))
        #expect(bed.metering.errors.isEmpty)
        await desk.stream(StreamReport(callSID: "CA1", kind: .failed("connection_refused")))
        #expect(bed.metering.errors == [.carrier])
    }
}
