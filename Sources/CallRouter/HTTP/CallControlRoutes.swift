import CallActors
import HTTPTypes
import Hummingbird
import Logging
import Wire

/// The routes of `/v1/calls` that act on a live call: `hangup`, `transfer`, `say`.
struct CallControlRoutes {
    /// The longest text that is spoken, in characters: about two minutes.
    static let textLimit = 2000

    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.post("calls/:callId/hangup") { _, context in
            try await self.hangUp(try context.callID, logger: context.logger)
        }
        group.post("calls/:callId/transfer") { request, context in
            try await self.transfer(request, callID: try context.callID)
        }
        group.post("calls/:callId/say") { request, context in
            try await self.say(request, callID: try context.callID)
        }
    }

    // MARK: - Hang up

    private func hangUp(_ callID: String, logger: Logger) async throws -> Response {
        // First the call itself: a live one can be ended while the store is down.
        if await self.services.switchboard.hangUp(callID: callID) { return Self.accepted(callID, "ending") }
        let record = try await self.services.record(callID)
        guard Self.isDialled(record) else { throw APIError.notLive(record) }
        // First on record: what the carrier then reports is no attempt that failed, and whoever answers after all gets
        // <Hangup/>.
        await self.services.switchboard.carrierEnded(callID: callID, reason: .operatorHangup, errorMessage: nil)
        await self.hangUpAtCarrier(record, logger: logger)
        return Self.accepted(callID, "ending")
    }

    /// The call rings somewhere, or is about to, and has no stream that could be closed.
    private static func isDialled(_ record: CallRecord) -> Bool {
        guard record.direction == .outbound, record.endReason == nil else { return false }
        return switch record.status {
        case .initiating, .ringing, .inProgress: true
        case .queued, .completed, .failed: false
        }
    }

    private func hangUpAtCarrier(_ record: CallRecord, logger: Logger) async {
        guard let carrier = self.services.outbound?.carrier, let sid = record.callSID else { return }
        do {
            try await carrier.hangUp(callSID: sid)
        } catch {
            logger.warning(
                "The carrier did not end a call that an operator hung up; it ends when it is answered",
                metadata: ["callID": "\(record.callID)", "error": "\(error)"]
            )
        }
    }

    // MARK: - Transfer

    private func transfer(_ request: Request, callID: String) async throws -> Response {
        let outbound = try self.services.requireOutbound()
        var fields = BodyFields(try await JSONBody.object(of: request))
        let to = fields.text("to", limit: CallOrder.limits.number, isRequired: true)
        fields.close()
        let verdict = to.map(outbound.numbers.check)
        if case .malformed? = verdict { fields.refuse("to", APIError.numberFault) }
        guard fields.faults.isEmpty, let verdict else { throw APIError.invalid(fields.faults) }
        let number = try self.allowed(verdict, by: outbound.numbers)
        guard await self.services.switchboard.isLive(callID: callID) else {
            throw APIError.notLive(try await self.services.record(callID))
        }
        guard outbound.carrier != nil else { throw APIError.carrierNotConfigured }
        guard await self.services.switchboard.transfer(callID: callID, to: number) else {
            throw APIError.notLive(try await self.services.record(callID))
        }
        return Self.accepted(callID, "transferring")
    }

    /// The number in E.164, where the list of those to transfer to holds it.
    private func allowed(_ verdict: NumberVerdict, by numbers: any NumberChecking) throws(APIError) -> String {
        switch verdict {
        case .malformed: throw .invalid(["to": APIError.numberFault])
        case .notAllowed(let reason): throw .notAllowed("Calls are not transferred to this number. \(reason)")
        case .allowed(let number):
            let isListed = self.services.configuration.dialling.transferNumbers.contains { listed in
                listed == number || numbers.check(listed) == .allowed(number)
            }
            guard isListed else {
                throw .notAllowed("Calls are transferred only to the numbers of TRANSFER_NUMBERS.")
            }
            return number
        }
    }

    // MARK: - Say

    private func say(_ request: Request, callID: String) async throws -> Response {
        var fields = BodyFields(try await JSONBody.object(of: request))
        let text = fields.text("text", limit: Self.textLimit, isRequired: true)
        fields.close()
        guard fields.faults.isEmpty, let text else { throw APIError.invalid(fields.faults) }
        guard await self.services.switchboard.say(callID: callID, text: text) else {
            throw APIError.notLive(try await self.services.record(callID))
        }
        return Self.accepted(callID, "speaking")
    }

    private static func accepted(_ callID: String, _ status: String) -> Response {
        .json(["call_id": .string(callID), "status": .string(status)] as JSONDocument, status: .accepted)
    }
}
