import Foundation
import Testing
import Wire

@testable import CallActors

/// Random events on calls that may have reached a mailbox: the rules hold whatever peers do.
@Suite struct ConversationVoicemailFuzzTests {
    private func event(_ random: inout SeededRandom, at time: Duration) -> Conversation.Event {
        let response = ["r1", "r2", "vm1", "vm2"][random.int(0...3)]
        switch random.int(0...19) {
        case 0: return .modelReady
        case 1: return .modelLost
        case 2: return .voicemail(.answered(AnsweredBy.allCases[random.int(0...6)]))
        case 3: return .voicemail(.line(.beepEnded(at: time)))
        case 4: return .voicemail(.line(.speechBegan(at: time)))
        case 5: return .voicemail(.line(.speechPaused(at: time)))
        case 6: return .voicemail(.line(.speechFollows(at: time)))
        case 7: return .voicemail(.line(random.chance(50) ? .toneBegan(at: time) : .speechGoesOn(at: time)))
        case 8: return .voicemail(random.chance(70) ? .messageArrived : .messageLost)
        case 9: return .silence
        case 10:
            let cut = Talk.cut("voicemail_1_1", of: Conversation.messageResponseID, heard: random.int(0...3000))
            return .voicemail(.cleared(cuts: random.chance(50) ? [cut] : []))
        case 11:
            let timers: [Conversation.Timer] = [
                .voicemail(.silence), .voicemail(.message), .hangUp, .retryResponse, .keypad,
            ]
            return .timer(timers[random.int(0...4)])
        case 12:
            let purpose = response.hasPrefix("vm") ? ["purpose": "voicemail"] : [:]
            return .model(.responseCreated(id: response, metadata: purpose))
        case 13:
            let statuses: [ModelResponseResult.Status] = [.completed, .cancelled, .failed, .incomplete]
            return .model(.responseDone(ModelResponseResult(id: response, status: statuses[random.int(0...3)])))
        case 14: return .model(.transcriptDone(responseID: response, itemID: "i", text: "words"))
        case 15:
            let words = ["Hello?", "Leave a message after the tone.", "Yes.", "What was that beep?"]
            return .model(
                .callerTranscript(itemID: "u\(random.int(0...5))", text: words[random.int(0...3)], usage: nil)
            )
        case 16: return .callerSpoke(itemID: "u\(random.int(0...5))", cuts: [])
        case 17:
            let call = ModelFunctionCall(
                responseID: response,
                itemID: "f\(random.int(0...3))",
                callID: "c",
                name: "end_call",
                arguments: #"{"reason":"voicemail"}"#
            )
            return .model(.functionCall(call))
        case 18: return random.chance(10) ? .limit(.maxDuration, cuts: []) : .audioBegan(responseID: "r1", itemID: "a1")
        default:
            let info = ModelErrorInfo(type: nil, code: "x", message: "", eventID: "c_\(random.int(1...9))")
            return .model(.error(info))
        }
    }

    @Test("10,000 random calls: found once, never talked to after it, ended once, and at the latest by its time limit")
    func randomCalls() {
        var found = 0
        var left = 0
        for seed in 1...10_000 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var conversation = Conversation(script: .sample, mailbox: MailboxWatch())
            var finds = 0
            var ends = 0
            var violation: String?
            for step in 0..<random.int(5...60) {
                let wasLeaving = conversation.isLeavingMessage
                let event = self.event(&random, at: .milliseconds(step * 700))
                let moment = Conversation.Moment(date: .now, isSilent: random.chance(50))
                let actions = conversation.handle(event, at: moment)
                if ends > 0, !actions.isEmpty { violation = "an action after the end" }
                finds += actions.found.count
                if actions.end != nil || actions.withoutMessage != nil { ends += 1 }
                if actions.played != nil { left += 1 }
                if wasLeaving, actions.requests.contains(where: { $0 != "voicemail message" }) {
                    violation = "the mailbox is talked to"
                }
                if finds == 0, actions.played != nil { violation = "a message for a person" }
            }
            if conversation.isLeavingMessage {
                let moment = Conversation.Moment(date: .now, isSilent: false)
                ends += conversation.handle(.timer(.voicemail(.deadline)), at: moment).end == .voicemail ? 1 : 0
            }
            if finds > 1 { violation = "found \(finds) times" }
            if ends != (conversation.phase == .ended ? 1 : 0) { violation = "\(ends) ends" }
            if let violation {
                Issue.record("seed \(seed): \(violation)")
                return
            }
            found += finds
        }
        #expect(found > 1000 && left > 500, "enough of them came there to mean something")
    }
}
