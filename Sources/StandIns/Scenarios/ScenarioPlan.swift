/// How a scenario is set up, played and to end.
package struct ScenarioPlan: Sendable {
    package enum Direction: Sendable {
        case inbound
        /// The router calls a number that answers like this.
        case outbound(Callee)
    }

    package var scenario: Scenario
    package var direction = Direction.inbound
    package var model = ModelSettings()
    package var claude = ClaudeSettings()
    /// Variables of the router's environment besides those that every scenario has.
    package var environment: [String: String] = [:]
    /// The record's outcomes and end reasons that are right.
    package var outcomes: Set<String>
    package var endReasons: Set<String>
    /// The called number must not be called again.
    package var expectsOptOut = false
    /// Lines of the assistant that the caller must have heard to their end.
    package var mustHear: [SpeechLine] = []
    /// What the person on the line does.
    package var play: @Sendable (CarrierCall) async throws -> Void

    /// The plan of the n-th call of a simulation, from 1, that is to be as long as `length`; nil for as long as it takes.
    package init(_ scenario: Scenario, length: Duration? = nil, callNumber: Int = 1) {
        self.scenario = scenario
        switch scenario {
        case .conversation: self = Self.conversation(length)
        case .bargeIn: self = Self.bargeIn(length)
        case .reasoning: self = Self.reasoning(length)
        case .modelDrop: self = Self.modelDrop(length)
        case .voicemail: self = Self.voicemail()
        case .hangup: self = Self.hangup(length)
        case .maxDuration: self = Self.maxDuration(length)
        case .outbound:
            self = Self.conversation(length)
            self.direction = .outbound(.person)
        case .transfer: self = callNumber.isMultiple(of: 2) ? Self.failedTransfer(length) : Self.transfer(length)
        case .optOut: self = Self.optOut(length)
        }
        self.scenario = scenario
        guard let length, scenario != .maxDuration else { return }
        // Long calls must not run into the router's own limit.
        self.environment["MAX_CALL_SECONDS"] = String(Int(length / .seconds(1)) + 120)
    }

    init(
        _ scenario: Scenario,
        outcomes: Set<String>,
        endReasons: Set<String>,
        mustHear: [SpeechLine],
        play: @escaping @Sendable (CarrierCall) async throws -> Void
    ) {
        self.scenario = scenario
        self.outcomes = outcomes
        self.endReasons = endReasons
        self.mustHear = mustHear
        self.play = play
    }

    // MARK: - The calls

    private static func conversation(_ length: Duration?) -> ScenarioPlan {
        ScenarioPlan(
            .conversation,
            outcomes: ["goal_achieved"],
            endReasons: ["ai_hangup"],
            mustHear: [.greeting, .offer, .booked, .goodbye]
        ) { call in
            try await call.listen()
            try await call.say(.callerProblem)
            try await call.listen()
            try await Self.talk(call, until: length, leaving: .seconds(12))
            try await call.say(.callerAccepts)
            try await call.listen()
            try await call.say(.callerDone)
        }
    }

    private static func bargeIn(_ length: Duration?) -> ScenarioPlan {
        ScenarioPlan(
            .bargeIn,
            outcomes: ["goal_achieved"],
            endReasons: ["ai_hangup"],
            mustHear: [.greeting, .correction, .goodbye]
        ) { call in
            try await call.listen()
            repeat {
                try await call.say(.callerHours)
                try await call.interrupt(afterHeard: .milliseconds(1500), with: .callerInterrupts)
                try await call.listen()
            } while Self.isBefore(length, call, leaving: .seconds(16))
            try await call.say(.callerDone)
        }
    }

    private static func reasoning(_ length: Duration?) -> ScenarioPlan {
        var plan = ScenarioPlan(
            .reasoning,
            outcomes: ["goal_achieved"],
            endReasons: ["ai_hangup"],
            mustHear: [.greeting, .advice, .goodbye]
        ) { call in
            try await call.listen()
            repeat {
                try await call.say(.callerPrice)
                try await call.listen(toAnswer: .advice)
            } while Self.isBefore(length, call, leaving: .seconds(14))
            try await call.say(.callerDone)
        }
        plan.claude.delay = .milliseconds(500)
        return plan
    }

    private static func modelDrop(_ length: Duration?) -> ScenarioPlan {
        var plan = Self.conversation(length)
        // 600 ms into what the caller says after the first answer: a half-said sentence must not be lost.
        plan.model.faults.faults = [
            ModelFaults.Fault(.oncePerCall, at: .intoUtterance(2, frames: 30), .drop)
        ]
        return plan
    }

    private static func hangup(_ length: Duration?) -> ScenarioPlan {
        ScenarioPlan(
            .hangup,
            outcomes: ["declined"],
            endReasons: ["caller_hangup"],
            mustHear: [.greeting]
        ) { call in
            try await call.listen()
            try await Self.talk(call, until: length, leaving: .seconds(6))
            try await call.say(.callerProblem)
            try await call.listen(until: .milliseconds(800))
            await call.hangUp()
        }
    }

    private static func maxDuration(_ length: Duration?) -> ScenarioPlan {
        var plan = ScenarioPlan(
            .maxDuration,
            outcomes: ["declined"],
            endReasons: ["max_duration"],
            mustHear: [.greeting, .timeUp]
        ) { call in
            try await call.listen()
            while call.record.read({ $0.end == nil }) {
                try await call.say(.callerTellMore)
                try await call.listen()
            }
        }
        plan.environment["MAX_CALL_SECONDS"] = String(max(4, length.map { Int($0 / .seconds(1)) } ?? 8))
        return plan
    }

    // MARK: - Filling time

    /// Small talk until the call is as long as it is to be, less what the rest of it takes.
    static func talk(_ call: CarrierCall, until length: Duration?, leaving rest: Duration) async throws {
        while self.isBefore(length, call, leaving: rest) {
            try await call.say(.callerTellMore)
            try await call.listen()
        }
    }

    private static func isBefore(_ length: Duration?, _ call: CarrierCall, leaving rest: Duration) -> Bool {
        guard let length else { return false }
        return call.record.read { record in
            guard record.end == nil, let answeredAt = record.answeredAt else { return false }
            return answeredAt.duration(to: .now) < length - rest
        }
    }
}
