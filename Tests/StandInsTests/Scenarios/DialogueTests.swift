@testable import StandIns
import Testing

@Suite struct DialogueTests {
    private func turn(
        _ history: [ConversationEntry],
        cause: ModelTurn.Cause = .callerSpoke,
        instructions: String? = nil,
        metadata: [String: String] = [:],
        isText: Bool = false
    ) -> ModelTurn {
        ModelTurn(
            cause: cause,
            history: history,
            sessionInstructions: "",
            instructions: instructions,
            metadata: metadata,
            isText: isText,
            tools: ["end_call", "consult_reasoner"],
            responseIndex: 0,
            connectionIndex: 0
        )
    }

    private func said(_ reply: ModelReply) -> [String] {
        reply.steps.compactMap { step in
            switch step {
            case .say(let text): text
            case .call(let name, let arguments): "\(name) \(arguments["reason"]?.string ?? "")"
            default: nil
            }
        }
    }

    @Test("every line of the caller has its answer, also where some of its words are missing")
    func answers() {
        let cases: [(SpeechLine, [String])] = [
            (.callerProblem, [SpeechLine.offer.text]), (.callerAccepts, [SpeechLine.booked.text]),
            (.callerHours, [SpeechLine.hours.text]), (.callerInterrupts, [SpeechLine.correction.text]),
            (.callerPrice, ["consult_reasoner "]), (.callerTellMore, [SpeechLine.story.text]),
            (.callerDone, [SpeechLine.goodbye.text, "end_call goal_achieved"]),
            (.callerDeclines, [SpeechLine.goodbye.text, "end_call declined"]),
            (.callerOptOut, [SpeechLine.goodbye.text, "end_call do_not_call"]),
            (.callerHuman, [SpeechLine.connecting.text, "transfer_call The caller asks for a person."]),
            (.machineGreeting, ["end_call voicemail"]), (.machineShort, ["end_call voicemail"]),
        ]
        for (line, expected) in cases {
            #expect(self.said(Dialogue.reply(to: self.turn([.message(role: "user", text: line.text)]))) == expected)
            let half = line.text.split(separator: " ").dropLast(2).joined(separator: " ")
            #expect(
                self.said(Dialogue.reply(to: self.turn([.message(role: "user", text: half)]))) == expected,
                "\(half)"
            )
        }
        let other = self.turn([.message(role: "user", text: "Xylophones wander quietly.")])
        #expect(self.said(Dialogue.reply(to: other)) == [SpeechLine.pardon.text])
    }

    @Test("advice is spoken, anything else that a consultation gives back is not")
    func advice() {
        func reply(_ output: String) -> [String] {
            self.said(Dialogue.reply(to: self.turn([.toolOutput(name: "consult_reasoner", output: output)])))
        }
        #expect(reply("{\"advice\":\"\(SpeechLine.advice.text)\"}") == [SpeechLine.advice.text])
        #expect(reply("{\"advice\":\"Go on with the script.\"}") == [SpeechLine.pardon.text])
        #expect(reply("not JSON") == [SpeechLine.pardon.text])
    }

    @Test("a text between lines of dashes is said word for word where that is asked for, and only there")
    func verbatim() {
        let say = "Say the following text, word for word:\n--------\nWe are late.\nSorry.\n--------"
        let greet = "The call has just been connected.\n--------\nDirection: inbound\n--------"
        func reply(_ instructions: String) -> [String] {
            self.said(Dialogue.reply(to: self.turn([], cause: .requested, instructions: instructions)))
        }
        #expect(reply(say) == ["We are late. Sorry."])
        #expect(reply(greet) == [SpeechLine.greeting.text])
        #expect(reply("This call must end within ten seconds.") == [SpeechLine.timeUp.text])
    }

    @Test("a transfer is waited for in silence, and one that failed is told to the caller")
    func transfers() {
        func reply(_ output: String) -> [String] {
            self.said(Dialogue.reply(to: self.turn([.toolOutput(name: "transfer_call", output: output)])))
        }
        #expect(reply(#"{"status":"transferring"}"#).isEmpty)
        #expect(reply(#"{"error":"not_allowed"}"#) == [SpeechLine.unreachable.text])
        let failed = self.turn([], cause: .requested, instructions: "Nobody answered the transfer. Say so.")
        #expect(self.said(Dialogue.reply(to: failed)) == [SpeechLine.unreachable.text])
    }

    @Test("the message for a mailbox is spoken out of band where it is asked for by words or by purpose")
    func message() {
        func reply(_ instructions: String, _ metadata: [String: String] = [:], isText: Bool = false) -> [String] {
            let turn = self.turn(
                [],
                cause: .outOfBand,
                instructions: instructions,
                metadata: metadata,
                isText: isText
            )
            return self.said(Dialogue.reply(to: turn))
        }
        let say = "Say the following text, word for word:\n--------\nCall us.\n--------"
        #expect(reply(say) == ["Call us."])
        #expect(reply("Speak.", ["purpose": "voicemail"]) == [SpeechLine.voicemailMessage.text])
        #expect(reply("Is this a mailbox?", isText: true) == ["HUMAN"])
    }

    @Test("a mailbox is told from a person, out of band")
    func classifies() {
        func reply(_ text: String) -> [String] {
            self.said(Dialogue.reply(to: self.turn([.message(role: "user", text: text)], cause: .outOfBand)))
        }
        #expect(reply(SpeechLine.machineGreeting.text) == ["VOICEMAIL"])
        #expect(reply(SpeechLine.callerProblem.text) == ["HUMAN"])
    }
}
