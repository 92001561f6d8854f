import StandIns
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MailboxTests {
    /// A short machine that gives up soon.
    private var mailbox: Mailbox {
        var mailbox = Mailbox([
            .silence(.milliseconds(100)), .line(.machineShort), .tone(hertz: 440, .milliseconds(200)),
        ])
        mailbox.patience = .milliseconds(600)
        return mailbox
    }

    /// Calls `number` of a bench, has the mailbox answer, and does `body` when the tone is over.
    private func record(
        _ mailbox: Mailbox,
        _ body: @escaping @Sendable (CarrierBench, CarrierCall) async throws -> Void
    ) async throws -> (MailboxReport, [FakeRouter.Request]) {
        let result = Record<(MailboxReport, [FakeRouter.Request])?>(nil)
        try await CarrierBench.run { bench in
            bench.carrier.script(CarrierBench.number, .machine)
            let call = try await bench.place()
            try await bench.router.waitForStart()
            async let report = call.answer(as: mailbox)
            try await body(bench, call)
            let done = try await report
            let calls = try await bench.settled(call, callbacks: 5)
            #expect(calls.mailbox == done)
            result.update { $0 = (done, bench.requests("/amd")) }
        }
        return try #require(result.current)
    }

    private static func tone(_ call: CarrierCall) async throws {
        try await call.record.wait(for: "the end of the tone") { record in
            record.utterances.count == 3 && record.utterances[2].endedAt != nil ? () : nil
        }
    }

    @Test("a message after the tone is measured in audio time, and the carrier says that a machine answered")
    func message() async throws {
        let speech = Array(Murmur.clip(text: "A message.").muLaw)
        let (report, detections) = try await self.record(self.mailbox) { bench, call in
            try await Self.tone(call)
            bench.router.play(Array(repeating: 0xFF, count: 800) + speech)
        }
        let offset = try #require(report.offset)
        #expect(offset >= .milliseconds(100))
        #expect(!report.wasSpokenInto)
        #expect(report.messageDuration >= .milliseconds(560))
        #expect(report.messageDuration <= .milliseconds(640))
        #expect(report.items.count == 1)
        #expect(detections.map { $0.form["AnsweredBy"] } == ["machine_end_beep"])
    }

    @Test("silence is no message, and the machine hangs up")
    func silence() async throws {
        let (report, _) = try await self.record(self.mailbox) { bench, call in
            bench.router.play(Array(Murmur.clip(text: "Hello?").muLaw))
            try await Self.tone(call)
            bench.router.play(Array(repeating: 0xFF, count: 1600))
        }
        #expect(report.offset == nil)
        #expect(!report.wasSpokenInto, "what was said into the greeting was over before the tone")
        #expect(report.messageDuration == .zero)
    }

    @Test("who speaks on through the tone is found out")
    func spokenInto() async throws {
        let (report, _) = try await self.record(self.mailbox) { bench, call in
            try await call.record.wait(for: "the tone") { record in
                record.utterances.count == 3 && record.utterances[2].startedAt != nil ? () : nil
            }
            bench.router.play(Array(Murmur.clip(text: "I am talking all the time.").muLaw))
        }
        #expect(report.wasSpokenInto)
        #expect(try #require(report.offset) < .zero)
    }
}
