import Testing

@testable import CallActors

@Suite struct MailboxJudgeTests {
    /// A far end that speaks from `start` for `length` without a pause.
    private func speak(_ judge: inout MailboxJudge, from start: Double = 0.5, for length: Double) {
        judge.hear(.speechBegan(at: .seconds(start)))
        var time = start + 1
        while time < start + length {
            judge.hear(.speechGoesOn(at: .seconds(time)))
            time += 1
        }
        judge.hear(.speechPaused(at: .seconds(start + length)))
    }

    private static let greeting =
        "Hi, you have reached the Miller family. We cannot come to the phone right now. "
        + "Please leave a message after the tone."

    @Test(
        "greetings of mailboxes are known by their words",
        arguments: [
            MailboxJudgeTests.greeting,
            "Your call has been forwarded to an automated voice messaging system. At the tone, please record your message.",
            "You've reached Bob's plumbing. We're unable to take your call, leave your name and number and we'll get back to you.",
            "The person you are trying to reach is not available. When you have finished recording, you may hang up.",
            "Hello, this is Anna. I can’t come to the phone, so please leave me a message after the beep. Thanks!",
            "The mailbox is full and cannot accept any messages at this time. Goodbye.",
            "Está llamando a Carmen, deje su mensaje después del tono y le llamaré, muchas gracias.",
        ]
    )
    func machineWords(_ words: String) {
        var judge = MailboxJudge()
        judge.assistantSpoke()
        self.speak(&judge, for: 5)
        judge.read(words)
        #expect(judge.verdict == .certain(.words))
    }

    @Test(
        "people who talk about messages, mailboxes and beeps are people",
        arguments: [
            "Leave a message at the front desk?", "What was that beep?", "Did you hear a beep just now?",
            "Do you want to leave a message after the beep or hold?",
            "He is not available right now, can I take a message?",
            "I got your message on my voicemail, so what is this about?",
            "You can leave it with me, she is not available.",
            "Sorry, I thought it would tell me to leave a message after the tone.", "No, leave a message, please.",
            "Just leave me a voicemail.", "I'm not available on Tuesday.", "Yeah, I heard a beep, that is the oven.",
            "She's away from her desk, who's calling?", "To leave a message press 3, for sales press 1.",
        ]
    )
    func humanWords(_ words: String) {
        for isAnswer in [true, false] {
            var judge = MailboxJudge()
            judge.assistantSpoke()
            if isAnswer {
                self.speak(&judge, for: 0.6)
                judge.read("Hello?")
            }
            self.speak(&judge, from: 3, for: 2.8)
            judge.read(words)
            if case .certain = judge.verdict { Issue.record("taken for a machine") }
            // The carrier's weak word for a person changes nothing.
            judge.answered(by: .human)
            if case .certain = judge.verdict { Issue.record("taken for a machine") }
        }
    }

    @Test("no witness is certain alone, but a carrier that heard machine and beep")
    func alone() {
        var long = MailboxJudge()
        self.speak(&long, for: 20)
        #expect(long.verdict == .suspect, "a long greeting")
        var beep = MailboxJudge()
        beep.hear(.beepEnded(at: .seconds(3)))
        #expect(beep.verdict == .suspect)
        var words = MailboxJudge()
        words.read("After the beep.")
        #expect(words.verdict == .suspect)
        var model = MailboxJudge()
        model.modelSaysMailbox()
        #expect(model.verdict == .suspect)
        for answer in AnsweredBy.allCases {
            var carrier = MailboxJudge()
            carrier.answered(by: answer)
            switch answer {
            case .machineEndBeep: #expect(carrier.verdict == .certain(.carrier))
            case .fax: #expect(carrier.verdict == .certain(.fax))
            case .machineStart, .machineEndSilence, .machineEndOther: #expect(carrier.verdict == .suspect)
            case .human, .unknown: #expect(carrier.verdict == .undecided)
            }
        }
    }

    @Test("any two of words, beep, carrier, model and a long greeting are certain, in either order")
    func pairs() {
        let witnesses: [(name: String, tell: (inout MailboxJudge) -> Void)] = [
            ("words", { $0.read("Leave a message after the tone.") }),
            ("beep", { $0.hear(.beepEnded(at: .seconds(8))) }),
            ("carrier", { $0.answered(by: .machineEndOther) }),
            ("model", { $0.modelSaysMailbox() }),
            (
                "greeting",
                {
                    $0.hear(.speechBegan(at: .seconds(1)))
                    $0.hear(.speechPaused(at: .seconds(7)))
                }
            ),
        ]
        for first in witnesses {
            for second in witnesses where first.name != second.name {
                var judge = MailboxJudge()
                first.tell(&judge)
                #expect(judge.verdict == .suspect, "\(first.name)")
                second.tell(&judge)
                #expect(
                    judge.verdict == .certain(MailboxJudge.Witness(rawValue: second.name) ?? .fax),
                    "\(first.name), \(second.name)"
                )
                // Settled: nothing changes it.
                judge.read("Hello? Are you there?")
                #expect(judge.verdict != .human)
            }
        }
    }

    @Test("two short answers are a person, one where the carrier says so too; then nothing is looked for")
    func person() {
        var judge = MailboxJudge()
        judge.assistantSpoke()
        judge.read("Hello?")
        #expect(judge.verdict == .undecided)
        judge.read("Yes, speaking.")
        #expect(judge.verdict == .human)
        judge.hear(.beepEnded(at: .seconds(20)))
        judge.read(Self.greeting)
        judge.answered(by: .machineEndBeep)
        #expect(judge.verdict == .human)
        var helped = MailboxJudge()
        helped.answered(by: .human)
        helped.assistantSpoke()
        helped.read("Hello?")
        #expect(helped.verdict == .human)
    }

    @Test("a receptionist's long sentence is a suspicion at most, and her answers clear it")
    func receptionist() {
        var judge = MailboxJudge()
        judge.assistantSpoke()
        self.speak(&judge, for: 6.5)
        judge.read(
            "Good morning, thank you for calling Miller Plumbing, this is Sarah speaking, how may I help you today?"
        )
        self.speak(&judge, from: 12, for: 1.5)
        judge.read("Sure, what is it about?")
        self.speak(&judge, from: 18, for: 1.5)
        judge.read("All right, one moment.")
        #expect(judge.verdict == .human)
    }

    @Test("a greeting with pauses is one greeting, although its first piece is as short as an answer")
    func pauses() {
        var judge = MailboxJudge()
        judge.assistantSpoke()
        self.speak(&judge, from: 0.5, for: 1.2)
        judge.read("Hi, this is Bob.")
        self.speak(&judge, from: 2.4, for: 3)
        judge.read("I can't come to the phone right now.")
        self.speak(&judge, from: 6.2, for: 1.5)
        #expect(judge.verdict == .suspect)
        judge.hear(.beepEnded(at: .seconds(8.5)))
        #expect(judge.verdict == .certain(.beep))
        #expect(judge.beepIsLast)
        judge.hear(.speechBegan(at: .seconds(9)))
        #expect(!judge.beepIsLast && judge.hearsSpeech)
    }

    @Test("speech that begins long after the answer is no greeting")
    func late() {
        var judge = MailboxJudge()
        self.speak(&judge, from: 15, for: 10)
        #expect(judge.verdict == .undecided)
    }

    @Test("who was looked at long enough without a suspicion is a person")
    func patience() {
        var judge = MailboxJudge()
        self.speak(&judge, from: 30, for: 1)
        self.speak(&judge, from: 90, for: 1)
        #expect(judge.verdict == .human)
    }
}
