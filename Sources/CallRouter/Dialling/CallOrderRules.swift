import CallActors
import Foundation

/// What an order for a call must look like, apart from its number.
package struct CallOrderRules: Sendable, Equatable {
    /// The kinds of calls that there are roles for.
    package static let callTypes = ["qualify_lead", "confirm_appointment", "follow_up", "consumer_callback"]
    /// Characters of an objective; longer ones do not fit the model's attention any more.
    package static let longestObjective = 4_000
    package static let longestSystemPrompt = 20_000
    package static let longestIdentifier = 128
    package static let longestFact = 4_000
    package static let mostFacts = 50
    /// A time so far in the past is taken for now: clocks differ, and orders travel.
    package static let leeway: TimeInterval = 300
    /// And no call is planned further ahead than this.
    package static let horizon: TimeInterval = 366 * 86_400

    /// The store takes identifiers of leads, businesses and calls as UUIDs only.
    package var identifiersAreUUIDs: Bool

    package init(identifiersAreUUIDs: Bool = false) { self.identifiersAreUUIDs = identifiersAreUUIDs }

    /// Every field that is wrong, and what is wrong with it.
    package func faults(of call: NewCall, at now: Date) -> [String: String] {
        var faults: [String: String] = [:]
        if !Self.callTypes.contains(call.callType) {
            faults["call_type"] = "must be one of \(Self.callTypes.joined(separator: ", "))"
        }
        if call.objective.allSatisfy(\.isWhitespace) {
            faults["objective"] = "must not be empty"
        } else if call.objective.count > Self.longestObjective {
            faults["objective"] = "must have at most \(Self.longestObjective) characters"
        }
        if let prompt = call.systemPrompt, prompt.count > Self.longestSystemPrompt {
            faults["system_prompt"] = "must have at most \(Self.longestSystemPrompt) characters"
        }
        if let voice = call.voice, !Self.isVoice(voice) {
            faults["voice"] = "must be the name of a voice, such as marin"
        }
        if let time = call.scheduledTime {
            if time < now.addingTimeInterval(-Self.leeway) {
                faults["scheduled_time"] = "must not be in the past"
            } else if time > now.addingTimeInterval(Self.horizon) {
                faults["scheduled_time"] = "must be within a year"
            }
        }
        self.checkIdentifiers(of: call, &faults)
        Self.checkFacts(call.context, &faults)
        return faults
    }

    private func checkIdentifiers(of call: NewCall, _ faults: inout [String: String]) {
        let named = [("call_id", call.callID), ("lead_id", call.leadID), ("business_id", call.businessID)]
        let foreign = [("consumer_id", call.consumerID), ("initiator_id", call.initiatorID)]
        for (name, value) in named + foreign {
            guard let value else { continue }
            if value.isEmpty || value.utf8.count > Self.longestIdentifier
                || value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            {
                faults[name] = "must have 1 to \(Self.longestIdentifier) bytes"
            }
        }
        guard self.identifiersAreUUIDs else { return }
        for (name, value) in named where value.map({ UUID(uuidString: $0) == nil }) ?? false {
            faults[name] = "must be a UUID"
        }
    }

    private static func checkFacts(_ facts: [String: String], _ faults: inout [String: String]) {
        for (name, value) in facts where value.count > Self.longestFact {
            faults[Self.field(of: name)] = "must have at most \(Self.longestFact) characters"
        }
        if facts.count > Self.mostFacts || facts.keys.contains(where: { $0.utf8.count > 64 }) {
            faults["lead_details"] = "must have at most \(Self.mostFacts) facts with short names"
        }
    }

    /// The field of an order that a fact comes from.
    private static func field(of fact: String) -> String {
        switch PromptContextKey(rawValue: fact) {
        case .businessName: "business_details.name"
        case .businessPhoneNumber: "business_details.phone_number"
        case .serviceCategory, .problemText, .urgency, .budgetMax, .locationZIP: "lead_details.\(fact)"
        case nil: String(fact.prefix(64))
        }
    }

    /// A name as OpenAI gives them to its own voices and to those of its customers.
    private static func isVoice(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
