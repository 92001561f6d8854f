import CallActors
import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite struct SummaryAnswerTests {
    /// A good answer with one member replaced; nil takes it away.
    private func summary(_ key: String? = nil, _ value: JSONDocument? = nil) throws -> CallSummary {
        var members: [String: JSONDocument] = [
            "status": "declined", "summary": " They refused. ", "consumer_interest_level": "none", "next_action": nil,
            "appointment_time": nil, "quote_amount": nil,
        ]
        if let key { members[key] = value }
        let text = String(buffer: JSONDocument.object(members).encoded())
        return try SummaryAnswer.summary(
            from: AnthropicReply(text: text, stopReason: .endTurn, usage: AnthropicUsage())
        )
    }

    @Test("null members are nil")
    func nulls() throws {
        let summary = try self.summary()
        #expect(summary.outcome == .declined)
        #expect(summary.summary == "They refused.")
        #expect(summary.interestLevel == .none)
        #expect(summary.nextAction == nil)
        #expect(summary.appointmentTime == nil)
        #expect(summary.quoteAmount == nil)
    }

    @Test("every outcome and level of the schema is understood")
    func enumerations() throws {
        for outcome in CallRecord.Outcome.allCases {
            #expect(try self.summary("status", .string(outcome.rawValue)).outcome == outcome)
        }
        for level in ["high", "medium", "low", "none"] {
            #expect(try self.summary("consumer_interest_level", .string(level)).interestLevel.rawValue == level)
        }
        #expect(
            SummaryAnswer.schema["properties"]?["status"]?["enum"]
                == ["goal_achieved", "no_answer", "voicemail", "declined", "error"]
        )
    }

    @Test(
        "without an outcome, a level or a summary the answer cannot be used",
        arguments: [
            ("status", "sold", "status is none of the outcomes"), ("status", nil, "status is none of the outcomes"),
            ("status", 1, "status is none of the outcomes"),
            ("consumer_interest_level", "huge", "consumer_interest_level is none of the levels"),
            ("summary", " ", "summary is empty"), ("summary", nil, "summary is empty"),
        ] as [(String, JSONDocument?, String)]
    )
    func required(key: String, value: JSONDocument?, reason: String) {
        #expect(throws: ReasoningError.malformed(reason)) { try self.summary(key, value) }
    }

    @Test("an optional member that cannot be right is dropped, and the rest stands")
    func optional() throws {
        #expect(try self.summary("appointment_time", "next Tuesday").appointmentTime == nil)
        #expect(try self.summary("appointment_time", "2026-02-30T10:00:00Z").appointmentTime == nil)
        #expect(try self.summary("appointment_time", 7).appointmentTime == nil)
        #expect(try self.summary("quote_amount", -1).quoteAmount == nil)
        #expect(try self.summary("quote_amount", "120").quoteAmount == nil)
        #expect(try self.summary("quote_amount", 0).quoteAmount == 0)
        #expect(try self.summary("quote_amount", 99.5).quoteAmount == 99.5)
        #expect(try self.summary("next_action", "").nextAction == nil)
        #expect(try self.summary("next_action", "Call back.").nextAction == "Call back.")
        #expect(try self.summary("something_new", true).outcome == .declined)
    }

    @Test("texts are held to their bounds")
    func bounds() throws {
        let long = JSONDocument.string(String(repeating: "x", count: 10_000))
        #expect(try self.summary("summary", long).summary.count == 4000)
        #expect(try self.summary("next_action", long).nextAction?.count == 1000)
    }

    @Test("the error of a broken answer quotes nothing of it")
    func secrecy() {
        let reply = AnthropicReply(text: "[\"secret\"]", stopReason: .endTurn, usage: AnthropicUsage())
        #expect(throws: ReasoningError.malformed("it is no JSON object")) { try SummaryAnswer.summary(from: reply) }
    }
}
