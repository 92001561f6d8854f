import CallActors
import CallRouter
import Foundation
import Testing

@Suite struct CallChangeTests {
    @Test("a status only moves forward, and from an end nowhere")
    func statusMovesForward() {
        let order: [CallRecord.Status] = [.queued, .initiating, .ringing, .inProgress, .completed]
        for (from, before) in order.enumerated() {
            for (to, after) in order.enumerated() { #expect(before.mayBecome(after) == (to > from)) }
        }
        #expect(CallRecord.Status.inProgress.mayBecome(.failed))
        #expect(!CallRecord.Status.completed.mayBecome(.failed))
        #expect(!CallRecord.Status.failed.mayBecome(.completed))
    }

    @Test("late news of the carrier changes the rest, not the status")
    func lateNews() {
        var call = Samples.call("c", status: .inProgress)
        var change = CallChange()
        change.status = .ringing
        change.callSID = "CA2"
        call.apply(change)
        #expect(call.status == .inProgress)
        #expect(call.callSID == "CA2")
    }

    @Test("the first end keeps its reason, its time and its length")
    func firstEndCounts() {
        var call = Samples.call("c")
        call.apply(Self.end(.completed, .callerHangup, after: 10))
        call.apply(Self.end(.failed, .crashed, after: 99))
        #expect(call.status == .completed)
        #expect(call.endReason == .callerHangup)
        #expect(call.endedAt == Samples.start.addingTimeInterval(10))
        #expect(call.durationSeconds == 10)
    }

    @Test("an outcome once written stays, with the summary that belongs to it")
    func outcomeIsWrittenOnce() {
        var call = Samples.call("c", status: .completed)
        var first = CallChange()
        first.outcome = .goalAchieved
        first.summary = "They agreed."
        first.quoteAmount = 120
        call.apply(first)
        var second = CallChange()
        second.outcome = .error
        second.summary = "Something else."
        second.errorMessage = "No summary"
        second.recordingURL = "https://example.com/r.wav"
        call.apply(second)
        #expect(call.outcome == .goalAchieved)
        #expect(call.summary == "They agreed.")
        #expect(call.quoteAmount == 120)
        #expect(call.errorMessage == nil)
        #expect(call.recordingURL == "https://example.com/r.wav", "what is no part of the outcome is written")
    }

    @Test("the number of the newest callback only grows within an attempt")
    func sequenceGrows() {
        var call = Samples.call("c", status: .initiating)
        for (given, kept) in [(2, 2), (5, 5), (3, 5)] {
            var change = CallChange()
            change.carrierSequence = given
            call.apply(change)
            #expect(call.carrierSequence == kept)
        }
        call.requeue(attempt: 2, dialAt: Samples.start)
        #expect(call.carrierSequence == nil)
    }

    @Test("an empty change changes nothing")
    func emptyChange() {
        var call = Samples.fullCall("c")
        call.apply(CallChange())
        #expect(call == Samples.fullCall("c"))
    }

    @Test("no sequence of changes moves a call back, ends it twice or replaces its outcome")
    func neverBack() {
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            var call = Samples.call("c", status: .queued)
            for _ in 0..<20 {
                let before = call
                var change = CallChange()
                change.status =
                    Bool.random(using: &random) ? CallRecord.Status.allCases.randomElement(using: &random) : nil
                change.outcome =
                    Bool.random(using: &random) ? CallRecord.Outcome.allCases.randomElement(using: &random) : nil
                change.endReason = EndReason.allCases.randomElement(using: &random)
                call.apply(change)
                #expect(call.status == before.status || before.status.mayBecome(call.status), "seed \(seed)")
                if let outcome = before.outcome { #expect(call.outcome == outcome, "seed \(seed)") }
                if before.status.isTerminal, let reason = before.endReason {
                    #expect(call.endReason == reason, "seed \(seed)")
                }
            }
        }
    }

    private static func end(_ status: CallRecord.Status, _ reason: EndReason, after seconds: Int) -> CallChange {
        var change = CallChange()
        change.status = status
        change.endReason = reason
        change.endedAt = Samples.start.addingTimeInterval(Double(seconds))
        change.durationSeconds = seconds
        return change
    }
}
