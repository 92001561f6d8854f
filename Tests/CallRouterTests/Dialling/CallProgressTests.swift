import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct CallProgressTests {
    private typealias Standing = CallProgress.Standing

    private static func call(_ status: CallRecord.Status, sid: String? = "CA1") -> CallRecord {
        var call = CallRecord(callID: "c", callSID: sid, direction: .outbound, status: status, createdAt: Samples.start)
        if status == .inProgress { call.startedAt = Samples.start }
        return call
    }

    private static func step(
        _ call: CallRecord,
        _ status: CarrierCallStatus,
        _ sequence: Int? = nil,
        seconds: Int? = nil,
        standing: CallProgress.Standing = CallProgress.Standing()
    ) -> CallProgress.Step {
        let news = CarrierNews(callSID: "CA1", status: status, sequenceNumber: sequence, durationSeconds: seconds)
        return CallProgress.step(call, news, standing)
    }

    @Test("a call goes from initiating to ringing, and takes its SID from whoever tells it first")
    func forward() {
        var change = CallChange()
        change.callSID = "CA1"
        change.carrierSequence = 1
        change.status = .ringing
        #expect(Self.step(Self.call(.initiating, sid: nil), .ringing, 1) == .advance(change))
        change = CallChange()
        change.carrierSequence = 0
        #expect(Self.step(Self.call(.initiating), .initiated, 0) == .advance(change))
        change = CallChange()
        change.carrierSequence = 2
        #expect(Self.step(Self.call(.ringing), .inProgress, 2) == .answered(change))
    }

    @Test("old news, news of another attempt and news of a call that is over or queued is ignored")
    func ignored() {
        var call = Self.call(.ringing)
        call.carrierSequence = 2
        #expect(Self.step(call, .ringing, 2) == .ignore)
        #expect(Self.step(call, .inProgress, 1) == .ignore)
        for status in CarrierCallStatus.allCases {
            #expect(Self.step(Self.call(.ringing, sid: "CA2"), status, 9) == .ignore)
            #expect(Self.step(Self.call(.queued, sid: nil), status, 9) == .ignore)
            #expect(Self.step(Self.call(.completed), status, 9) == .ignore)
            #expect(Self.step(Self.call(.failed), status, 9) == .ignore)
        }
        var ended = Self.call(.inProgress)
        ended.endReason = .aiHangup
        #expect(Self.step(ended, .completed, 9) == .ignore, "its end is in the journal already")
    }

    @Test("an unanswered, busy or failed attempt is told apart")
    func unanswered() {
        #expect(Self.step(Self.call(.ringing), .noAnswer) == .unanswered(.noAnswer, errorMessage: nil))
        #expect(Self.step(Self.call(.initiating), .busy) == .unanswered(.busy, errorMessage: nil))
        for status in [CarrierCallStatus.failed, .canceled] {
            guard case .unanswered(.carrierFailed, errorMessage: .some) = Self.step(Self.call(.initiating), status)
            else {
                Issue.record("\(status) is no failed attempt")
                continue
            }
        }
    }

    @Test("who answered and hung up before the stream came is not called again; a call nobody answered may be")
    func completedWithoutStream() {
        #expect(Self.step(Self.call(.ringing), .completed) == .unanswered(.noAnswer, errorMessage: nil))
        #expect(Self.step(Self.call(.ringing), .completed, seconds: 0) == .unanswered(.noAnswer, errorMessage: nil))
        #expect(Self.step(Self.call(.ringing), .completed, seconds: 2) == .over(.callerHangup))
        #expect(
            Self.step(Self.call(.ringing), .completed, standing: Standing(wasAnswered: true)) == .over(.callerHangup)
        )
        var call = Self.call(.ringing)
        call.answeredBy = "human"
        #expect(Self.step(call, .completed) == .over(.callerHangup))
    }

    @Test("the end of a talk ends the call, but for one that is being handed to a human")
    func talks() {
        let live = Standing(isLive: true)
        #expect(Self.step(Self.call(.inProgress), .completed, standing: live) == .over(.callerHangup))
        #expect(Self.step(Self.call(.inProgress), .failed, standing: live) == .over(.streamLost))
        #expect(Self.step(Self.call(.ringing), .completed, standing: live) == .over(.callerHangup))
        let transferred = Standing(isLive: true, isTransferred: true)
        #expect(Self.step(Self.call(.inProgress), .completed, standing: transferred) == .overInTransfer)
        #expect(Self.step(Self.call(.inProgress), .ringing, 9, standing: live) == .advance(Self.sequence(9)))
    }

    private static func sequence(_ number: Int) -> CallChange {
        var change = CallChange()
        change.carrierSequence = number
        return change
    }

    @Test(
        "in whatever order callbacks come, twice or never, an attempt has one end at most and never goes back",
        arguments: 0..<400
    )
    func property(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var call = Self.call(.initiating, sid: Bool.random(using: &random) ? nil : "CA1")
        var isQueuedAgain = false
        var ends = 0
        var ranks = [call.status]
        let last: CarrierCallStatus =
            [.completed, .busy, .noAnswer, .failed, .canceled].randomElement(using: &random) ?? .busy
        let path: [CarrierCallStatus] = [.queued, .initiated, .ringing, .inProgress, last]
        var standing = Standing()
        for _ in 0..<40 {
            let index = Int.random(in: path.indices, using: &random)
            let news = CarrierNews(
                callSID: Int.random(in: 0..<6, using: &random) == 0 ? "CA0" : "CA1",
                status: path[index],
                sequenceNumber: Int.random(in: 0..<5, using: &random) == 0 ? nil : index
            )
            if Int.random(in: 0..<12, using: &random) == 0, call.status != .queued, !call.status.isTerminal {
                standing.isLive = true
                call.status = .inProgress
                call.startedAt = Samples.start
                call.callSID = call.callSID ?? "CA1"
            }
            let before = call
            switch CallProgress.step(call, news, standing) {
            case .ignore: break
            case .advance(let change): call.apply(change)
            case .answered(let change):
                standing.wasAnswered = true
                call.apply(change)
            case .over, .overInTransfer:
                ends += 1
                call.status = .completed
            case .unanswered:
                ends += 1
                #expect(before.startedAt == nil, "a talk is never dialled again")
                call.requeue(attempt: call.attempt + 1, dialAt: Samples.start)
                isQueuedAgain = true
            }
            if let known = before.callSID { #expect(call.callSID == known || isQueuedAgain) }
            if let newest = before.carrierSequence, !isQueuedAgain { #expect((call.carrierSequence ?? -1) >= newest) }
            if call.status != ranks.last { ranks.append(call.status) }
        }
        #expect(ends <= 1)
        let order: [CallRecord.Status] = [.initiating, .ringing, .inProgress, isQueuedAgain ? .queued : .completed]
        #expect(ranks == order.filter(ranks.contains), "forward only: \(ranks)")
    }
}
