/// Calls that the router places, redirects or must not place again.
extension ScenarioPlan {
    static func voicemail() -> ScenarioPlan {
        var plan = ScenarioPlan(
            .voicemail,
            outcomes: ["voicemail"],
            endReasons: ["voicemail"],
            mustHear: []
        ) { call in
            try await call.answer(as: .family)
        }
        plan.direction = .outbound(.machine)
        return plan
    }

    /// Somebody answers, talks for a moment and hangs up.
    static func transfer(_ length: Duration?) -> ScenarioPlan {
        ScenarioPlan(
            .transfer,
            outcomes: ["goal_achieved"],
            endReasons: ["transferred"],
            mustHear: [.greeting, .connecting]
        ) { call in
            await call.expectDial(.person)
            try await call.listen()
            try await Self.talk(call, until: length, leaving: .seconds(8))
            try await call.say(.callerHuman)
        }
    }

    /// Nobody answers, and the AI comes back and says so.
    static func failedTransfer(_ length: Duration?) -> ScenarioPlan {
        ScenarioPlan(
            .transfer,
            outcomes: ["declined"],
            endReasons: ["ai_hangup"],
            mustHear: [.greeting, .connecting, .goodbye]
        ) { call in
            await call.expectDial(.absent)
            try await call.listen()
            try await Self.talk(call, until: length, leaving: .seconds(14))
            try await call.say(.callerHuman)
            try await call.listen(toAnswer: .unreachable)
            try await call.say(.callerDone)
        }
    }

    static func optOut(_ length: Duration?) -> ScenarioPlan {
        var plan = ScenarioPlan(
            .optOut,
            outcomes: ["declined"],
            endReasons: ["opted_out"],
            mustHear: [.greeting, .goodbye]
        ) { call in
            try await call.listen()
            try await Self.talk(call, until: length, leaving: .seconds(8))
            try await call.say(.callerOptOut)
        }
        plan.direction = .outbound(.person)
        plan.expectsOptOut = true
        return plan
    }
}
