import CallActors
import Crypto
import Foundation
import NIOCore
import Wire

/// The body of `POST /v1/calls`.
struct CallOrder {
    /// What a call may be about.
    static let callTypes = CallOrderRules.callTypes
    /// The longest texts, in characters.
    static let limits = (
        number: 32, objective: CallOrderRules.longestObjective, prompt: CallOrderRules.longestSystemPrompt,
        identifier: CallOrderRules.longestIdentifier, voice: 64, detail: CallOrderRules.longestFact
    )

    /// The order; its fields are as checked as they can be without knowing telephone numbers.
    let call: NewCall

    /// - Throws: ``APIError`` that names every field that is wrong.
    init(_ members: [String: JSONDocument], numbers: any NumberChecking) throws(APIError) {
        var fields = BodyFields(members)
        let to = fields.text("to", limit: Self.limits.number, isRequired: true)
        let callType = fields.choice("call_type", of: Self.callTypes, isRequired: true)
        let objective = fields.text("objective", limit: Self.limits.objective, isRequired: true)
        var call = NewCall(to: to ?? "", callType: callType ?? "", objective: objective ?? "")
        call.leadID = fields.text("lead_id", limit: Self.limits.identifier)
        call.businessID = fields.text("business_id", limit: Self.limits.identifier)
        call.consumerID = fields.text("consumer_id", limit: Self.limits.identifier)
        call.initiatorID = fields.text("initiator_id", limit: Self.limits.identifier)
        call.systemPrompt = fields.text("system_prompt", limit: Self.limits.prompt)
        call.voice = fields.word("voice", limit: Self.limits.voice)
        call.scheduledTime = fields.date("scheduled_time")
        var context: [PromptContextKey: String] = [:]
        fields.object("lead_details") { lead in
            let keys: [PromptContextKey] = [.serviceCategory, .problemText, .urgency, .locationZIP]
            for key in keys { context[key] = lead.text(key.rawValue, limit: Self.limits.detail) }
            context[.budgetMax] = lead.amount(PromptContextKey.budgetMax.rawValue, limit: Self.limits.detail)
        }
        fields.object("business_details") { business in
            context[.businessName] = business.text("name", limit: Self.limits.detail)
            context[.businessPhoneNumber] = business.text("phone_number", limit: Self.limits.number)
        }
        for (key, value) in context { call.context[key.rawValue] = value }
        fields.close()
        if let to, case .malformed = numbers.check(to) { fields.refuse("to", APIError.numberFault) }
        guard fields.faults.isEmpty else { throw .invalid(fields.faults) }
        self.call = call
    }

    /// The key of an order that is sent again, with the hash of what it orders.
    ///
    /// - Throws: ``APIError`` for a key that is none.
    static func idempotency(
        _ header: String?,
        of members: [String: JSONDocument]
    ) throws(APIError) -> IdempotencyKey? {
        guard let header else { return nil }
        let isPrintable = header.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPrintable, (1...255).contains(header.utf8.count) else {
            throw .invalid(["Idempotency-Key": "must be 1 to 255 printable ASCII characters without spaces"])
        }
        return IdempotencyKey(key: header, bodyHash: Self.hash(of: members))
    }

    /// SHA-256 of the order without what does not matter: the sequence of the names, white space, and nulls.
    static func hash(of members: [String: JSONDocument]) -> String {
        let canonical = Self.withoutNulls(.object(members)).encoded()
        return SHA256.hash(data: Data(canonical.readableBytesView))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func withoutNulls(_ value: JSONDocument) -> JSONDocument {
        guard case .object(let members) = value else { return value }
        return .object(members.filter { $0.value != .null }.mapValues(Self.withoutNulls))
    }
}
