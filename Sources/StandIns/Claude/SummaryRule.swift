/// Sums a transcript up by looking for words: the same transcript always has the same outcome.
package struct SummaryRule: Sendable, Equatable {
    package var status: String
    package var summary: String
    package var interest: String
    package var nextAction: String?
    package var appointmentTime: String?
    package var quoteAmount: Double?

    /// - Parameter transcript: The text of the request, in which the transcript is somewhere.
    package init(transcript: String) {
        let text = transcript.lowercased()
        func says(_ phrases: String...) -> Bool { phrases.contains { text.contains($0) } }
        if says("i am not interested", "never call again") {
            self.init("declined", "The other party is not interested.", interest: "none")
        } else if says("nobody can take your call") {
            self.init("declined", "Nobody was there to talk to, and nothing else was wanted.", interest: "low")
        } else if says("i will put you through") {
            self.init("goal_achieved", "The caller was put through to a person.", interest: "medium")
        } else if says("leave a message after the tone") {
            self.init("voicemail", "A machine answered and a message was left.", interest: "none")
        } else if says("you are booked for") {
            let isSaturday = text.contains("booked for saturday")
            self.init(
                "goal_achieved",
                "An appointment was made for \(isSaturday ? "Saturday" : "Tuesday") at ten.",
                interest: "high"
            )
            self.nextAction = "Send a plumber."
            self.appointmentTime = isSaturday ? "2026-12-05T10:00:00Z" : "2026-12-01T10:00:00Z"
        } else if says("i cannot quote a price") {
            self.init("goal_achieved", "The caller asked for a price and will be called back.", interest: "medium")
            self.nextAction = "Call back with a price."
        } else if says("what are your opening hours", "open monday to friday") {
            self.init("goal_achieved", "The caller asked for the opening hours and was told.", interest: "medium")
        } else {
            self.init("declined", "The call ended without a result.", interest: "low")
        }
    }

    private init(_ status: String, _ summary: String, interest: String) {
        self.status = status
        self.summary = summary
        self.interest = interest
    }

    /// The answer in the shape that the schema of a request asks for: every property by its name, what is unknown by its
    /// type.
    package func answer(schema: StandInJSON?) -> StandInJSON {
        let properties = schema?["properties"]?.members ?? []
        return .object(properties.map { StandInJSONMember(name: $0.name, value: self.value($0.name, $0.value)) })
    }

    private func value(_ name: String, _ schema: StandInJSON) -> StandInJSON {
        switch name {
        case "status", "outcome": return .string(self.status)
        case "summary": return .string(self.summary)
        case "consumer_interest_level", "interest_level": return .string(self.interest)
        case "next_action": return StandInJSON(self.nextAction)
        case "appointment_time": return StandInJSON(self.appointmentTime)
        case "quote_amount": return self.quoteAmount.map { .number($0) } ?? .null
        default: break
        }
        if let choice = schema["enum"]?.array?.first { return choice }
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? "string"]
        if types.contains("null") { return .null }
        return switch types.first {
        case "number", "integer": 0
        case "boolean": false
        case "array": []
        case "object": [:]
        default: ""
        }
    }
}
