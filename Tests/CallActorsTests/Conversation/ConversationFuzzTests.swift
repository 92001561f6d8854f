import Foundation
import Testing
import Wire

@testable import CallActors

/// Random events of every kind in any order: whatever peers do, the rules hold.
@Suite struct ConversationFuzzTests {
    /// A model that keeps its side of the protocol as a referee: at most one request is out, truncations are sound.
    private struct Referee {
        var received: [String: Duration] = [:]
        var ends = 0
        /// Our request is out: not begun, refused or lost.
        var isOut = false
        var violation: String?

        mutating func judge(_ actions: [Conversation.Action], isReady: Bool) {
            for action in actions {
                if self.ends > 0 { self.violation = "an action after the end: \(action)" }
                switch action {
                case .end: self.ends += 1
                case .send(.createResponse, _) where isReady:
                    if self.isOut { self.violation = "two requests are out" }
                    self.isOut = true
                case .send(.truncate(let item, let end), _):
                    if end <= .zero || end > self.received[item] ?? .zero { self.violation = "truncated at \(end)" }
                case .start(_, let wait):
                    if wait <= .zero || wait > .seconds(15) { self.violation = "a timer of \(wait)" }
                default: break
                }
            }
        }
    }

    private func event(_ random: inout SeededRandom, _ received: inout [String: Duration]) -> Conversation.Event {
        let item = "i\(random.int(0...6))"
        let response = "r\(random.int(0...5))"
        let call = "c\(random.int(0...3))"
        let previous = random.chance(50) ? "i\(random.int(0...6))" : nil
        switch random.int(0...35) {
        case 0: return .modelReady
        case 1: return .modelLost
        case 2, 3, 4:
            var cuts: [Playout.Cut] = []
            for _ in 0..<random.int(0...2) {
                let cut = Talk.cut(
                    "i\(random.int(0...6))",
                    of: response,
                    heard: random.int(0...3000),
                    received: random.int(1...2500),
                    isComplete: random.chance(50)
                )
                received[cut.itemID] = max(received[cut.itemID] ?? .zero, cut.received)
                cuts.append(cut)
            }
            return .callerSpoke(itemID: item, cuts: cuts)
        case 5: return .silence
        case 6: return .dtmf(digit: "5")
        case 7: return .consulted(callID: call, advice: "advice")
        case 8:
            let timers: [Conversation.Timer] = [.keypad, .hangUp, .retryResponse, .handOver, .filler(callID: call)]
            return .timer(timers[random.int(0...4)])
        case 9:
            return random.chance(40) ? .limit(.maxDuration, cuts: []) : .audioBegan(responseID: response, itemID: item)
        case 10, 11, 12, 13:
            let purposes: [[String: String]] = [
                [:], ["purpose": "goodbye"], ["purpose": "farewell"], ["purpose": "filler"], ["purpose": "transfer"],
            ]
            return .model(.responseCreated(id: response, metadata: purposes[random.int(0...4)]))
        case 14, 15, 16:
            let role: ModelItem.Role = random.chance(50) ? .user : .assistant
            return .model(.itemAdded(ModelItem(id: item, kind: .message(role: role)), previousItemID: previous))
        case 17: return .model(.transcriptDelta(responseID: response, itemID: item, text: "some words "))
        case 18: return .model(.transcriptDone(responseID: response, itemID: item, text: "some words and more"))
        case 19, 20:
            let names = [
                "consult_reasoner", "end_call", "nonsense", "transfer_call", "send_keypad", "schedule_callback",
            ]
            return .model(
                .functionCall(
                    ModelFunctionCall(
                        responseID: response,
                        itemID: item,
                        callID: call,
                        name: names[random.int(0...5)],
                        arguments: random.chance(50) ? "{}" : "{{"
                    )
                )
            )
        case 21, 22, 23, 24:
            let statuses: [ModelResponseResult.Status] = [.completed, .completed, .cancelled, .failed, .incomplete]
            return .model(.responseDone(ModelResponseResult(id: response, status: statuses[random.int(0...4)])))
        case 25: return .model(.committed(itemID: item, previousItemID: previous))
        case 26: return .model(.callerTranscript(itemID: item, text: random.chance(80) ? "hello" : " ", usage: nil))
        case 27: return .model(.callerTranscriptFailed(itemID: item, code: nil, message: ""))
        case 28: return .model(.speechStopped(itemID: item, audioEnd: .seconds(1)))
        case 29, 30:
            let codes = ["conversation_already_has_active_response", "invalid_value", "insufficient_quota", "new"]
            let info = ModelErrorInfo(
                type: nil,
                code: codes[random.int(0...3)],
                message: "",
                eventID: "c_\(random.int(1...9))"
            )
            return .model(.error(info))
        case 31: return .say(instructions: "say this")
        case 32: return .transferOrdered(to: "+15550001111")
        case 33: return .transferUnanswered
        case 34: return .toolAnswered(callID: call, output: "{}")
        default: return .model(.idleTimeout(itemID: item))
        }
    }

    @Test(
        "20,000 random calls: none crashes, each ends at most once and does nothing after it, no request overtakes another"
    )
    func randomCalls() {
        var ended = 0
        for seed in 1...20_000 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var conversation = Conversation(script: .sample)
            var referee = Referee()
            let date = Date(timeIntervalSince1970: 1_800_000_000)
            for _ in 0..<random.int(5...80) {
                let event = self.event(&random, &referee.received)
                // What the model says of our request before we ask again.
                switch event {
                case .model(.responseCreated), .modelLost, .model(.error): referee.isOut = false
                case .model(.responseDone) where conversation.slot.state == .busy: referee.isOut = false
                default: break
                }
                let moment = Conversation.Moment(date: date, isSilent: random.chance(50))
                let actions = conversation.handle(event, at: moment)
                referee.judge(actions, isReady: conversation.isModelReady)
                if let violation = referee.violation {
                    Issue.record("seed \(seed): \(violation) at \(event)")
                    return
                }
                if case .requested = conversation.slot.state { referee.isOut = true } else { referee.isOut = false }
            }
            let isOver = conversation.phase == .ended
            guard referee.ends == (isOver ? 1 : 0) else {
                Issue.record("seed \(seed): \(referee.ends) ends")
                return
            }
            ended += referee.ends
            let orders = conversation.transcript.turns.map(\.order)
            guard orders == orders.sorted(), conversation.transcript.lines.allSatisfy({ !$0.content.isEmpty }) else {
                Issue.record("seed \(seed): a transcript out of order")
                return
            }
        }
        #expect(ended > 1000, "enough of them came to an end to mean something")
    }

    @Test("every call that asks for its end comes to it by timers alone, whatever else happens")
    func everyEndComes() {
        for seed in 1...2000 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var conversation = Conversation(script: .sample)
            var received: [String: Duration] = [:]
            let moment = Conversation.Moment(date: .now, isSilent: false)
            _ = conversation.handle(.modelReady, at: moment)
            let limited = conversation.handle(.limit(.maxDuration, cuts: []), at: moment)
            #expect(limited.contains(.start(.hangUp, after: .seconds(10))))
            for _ in 0..<30 { _ = conversation.handle(self.event(&random, &received), at: moment) }
            _ = conversation.handle(.timer(.hangUp), at: moment)
            guard conversation.phase == .ended else {
                Issue.record("seed \(seed): still \(conversation.phase)")
                return
            }
        }
    }
}
