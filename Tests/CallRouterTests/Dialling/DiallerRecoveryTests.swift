import CallActors
import Foundation
import Synchronization
import Testing

@testable import CallRouter

/// A process that dies at any point of a dialling: the call is neither lost nor dialled twice.
@Suite struct DiallerRecoveryTests {
    /// Where the process dies.
    enum Death: CaseIterable, Sendable {
        case beforeTheClaim, beforeTheCreate, duringTheCreate, beforeTheSIDIsStored, afterTheSIDIsStored
    }

    /// Brings a call so far, and leaves the dialler of the dead process behind.
    private static func die(_ death: Death, in bed: DialBed) async throws {
        let dialler = try bed.makeDialler()
        try await bed.order("c1")
        if death == .beforeTheClaim { return }
        guard case .place(let call, let number) = await dialler.nextStep() else {
            Issue.record("nothing is placed")
            return
        }
        switch death {
        case .beforeTheClaim, .beforeTheCreate: break
        // Taken by the carrier, unknown to us.
        case .duringTheCreate, .beforeTheSIDIsStored: _ = try await bed.carrier.create(Self.order(call, number))
        case .afterTheSIDIsStored: await dialler.place(call, to: number)
        }
        bed.switchboard.set { $0.dialled = [] }
    }

    private static func order(_ call: CallRecord, _ number: String) -> OutboundCall {
        OutboundCall(
            callID: call.callID,
            to: number,
            from: "+15550001111",
            url: "",
            fallbackURL: "",
            statusCallback: "",
            amdCallback: ""
        )
    }

    @Test(
        "the next process places the call once, whenever the last one died",
        arguments: Death.allCases,
        [0, 20, 4000]
    )
    func deaths(_ death: Death, _ downtime: Int) async throws {
        let bed = try DialBed(retryMinutes: [])
        try await Self.die(death, in: bed)
        bed.time.advance(by: .seconds(downtime))
        let dialler = try bed.makeDialler()
        await dialler.recover()
        await bed.run(dialler, for: .seconds(40))
        #expect(bed.carrier.orders.count == 1)
        var call = try await bed.call("c1")
        #expect(call.status == .initiating && call.callSID == "CA1" && call.attempt == 1)
        #expect(bed.switchboard.dialledCalls == ["c1"], "it holds a place, and a drain waits for it")
        bed.carrier.move("CA1", to: .busy)
        await bed.run(dialler, for: .seconds(120))
        call = try await bed.call("c1")
        #expect(call.status == .completed && call.endReason == .busy)
        #expect(bed.switchboard.ends == [.busy] && bed.carrier.orders.count == 1)
    }

    @Test("a call that may have been sent, to a carrier that does not list its calls, is not sent again at once")
    func noList() async throws {
        let bed = try DialBed()
        try await Self.die(.beforeTheCreate, in: bed)
        bed.carrier.set { $0.lists = false }
        let dialler = try bed.makeDialler()
        await dialler.recover()
        await bed.run(dialler, for: .seconds(85))
        #expect(bed.carrier.orders.isEmpty)
        await bed.run(dialler, for: .seconds(20))
        let call = try await bed.call("c1")
        #expect(call.status == .queued && call.attempt == 2)
    }

    @Test("a callback tells the SID of a call of the last process")
    func callbackAfterRestart() async throws {
        let bed = try DialBed()
        try await Self.die(.duringTheCreate, in: bed)
        bed.carrier.set { $0.lists = false }
        let dialler = try bed.makeDialler()
        await dialler.recover()
        await bed.makeDesk(dialler).status(DialBed.update("c1", "CA1", .ringing, 1))
        await bed.run(dialler, for: .seconds(300))
        let call = try await bed.call("c1")
        #expect(call.callSID == "CA1" && call.attempt == 1)
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a call that was answered while nobody was there ends as crashed, and is not dialled again")
    func answeredMeanwhile() async throws {
        let bed = try DialBed()
        try await Self.die(.afterTheSIDIsStored, in: bed)
        bed.carrier.move("CA1", to: .completed, seconds: 6)
        let dialler = try bed.makeDialler()
        await dialler.recover()
        await bed.run(dialler, for: .seconds(7200))
        let call = try await bed.call("c1")
        #expect(call.status == .completed && call.endReason == .crashed)
        #expect(bed.carrier.orders.count == 1)
    }

    @Test("a call that has its stream back is left to its session; inbound and started calls are nobody's to dial")
    func othersCalls() async throws {
        let bed = try DialBed()
        try await Self.die(.afterTheSIDIsStored, in: bed)
        try await bed.switchboard.goLive("c1")
        let inbound = CallRecord(
            callID: "c2",
            callSID: "CA7",
            direction: .inbound,
            status: .ringing,
            createdAt: bed.time.date
        )
        try await bed.store.insert(inbound)
        bed.switchboard.set { $0.log = [] }
        let dialler = try bed.makeDialler()
        await dialler.recover()
        await bed.run(dialler, for: .seconds(300))
        #expect(bed.switchboard.log.isEmpty && bed.switchboard.ends.isEmpty)
    }

    @Test("an end in the journal of a call that never came to a stream is written at the next start")
    func endInJournal() async throws {
        let bed = try DialBed()
        try await Self.die(.afterTheSIDIsStored, in: bed)
        bed.store.append(JournalEntry(at: bed.time.date, event: .ended(.noAnswer, errorMessage: nil)), to: "c1")
        let dialler = try bed.makeDialler()
        await dialler.recover()
        let call = try await bed.call("c1")
        #expect(call.status == .completed && call.endReason == .noAnswer)
    }

    @Test(
        "whatever dies, fails, answers late or never: each call is placed once per attempt and ends once",
        arguments: 0..<60
    )
    func faults(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let bed = try DialBed(retryMinutes: [1, 1], callsPerSecond: 4)
        let count = Int.random(in: 1...4, using: &random)
        for index in 0..<count { try await bed.order("c\(index)", to: "+1555000000\(index)") }
        bed.carrier.set { state in
            state.lists = Bool.random(using: &random)
            state.turns = (0..<6).map { _ in
                switch Int.random(in: 0..<6, using: &random) {
                case 0: .fail(.rateLimited(retryAfter: nil))
                case 1: .fail(.unavailable("HTTP 503"))
                case 2: .takeSilently
                default: .take
                }
            }
        }
        var dialler = try bed.makeDialler()
        await dialler.recover()
        for _ in 0..<40 {
            await bed.run(dialler, for: .seconds(Int.random(in: 1...40, using: &random)))
            // The carrier goes on with its calls, and tells or does not.
            for state in bed.carrier.state.withLock({ $0.calls }) where !state.status.isTerminal {
                let next: [CarrierCallStatus] = [.ringing, .busy, .noAnswer, .failed]
                guard let status = next.randomElement(using: &random), Bool.random(using: &random) else { continue }
                bed.carrier.move(state.callSID, to: status)
                guard Bool.random(using: &random) else { continue }
                let callID = bed.carrier.state.withLock { double in
                    double.orders.first { $0.to == double.numbers[state.callSID] }?.callID
                }
                let desk = bed.makeDesk(dialler)
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    await desk.status(DialBed.update(callID, state.callSID, status, status.isTerminal ? 3 : 1))
                }
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                // Dies, sometimes with a claim that never became a create.
                if Bool.random(using: &random) { _ = await dialler.nextStep() }
                bed.switchboard.set { $0.dialled = [] }
                dialler = try bed.makeDialler()
                await dialler.recover()
            }
        }
        // The rest comes to its end.
        for _ in 0..<12 {
            for state in bed.carrier.state.withLock({ $0.calls }) where !state.status.isTerminal {
                bed.carrier.move(state.callSID, to: .noAnswer)
            }
            await bed.run(dialler, for: .seconds(200))
        }
        let ends = bed.switchboard.state.withLock { $0.ends.map(\.callID) }
        for index in 0..<count {
            let call = try await bed.call("c\(index)")
            #expect(call.status.isTerminal, "seed \(seed): \(call.callID) is \(call.status), attempt \(call.attempt)")
            #expect(call.attempt <= 3)
            #expect(ends.filter { $0 == call.callID }.count == 1)
            let placed = bed.carrier.state.withLock { state in state.numbers.values.filter { $0 == call.to }.count }
            #expect(placed <= 3, "seed \(seed): \(placed) calls in \(call.attempt) attempts")
        }
    }
}
