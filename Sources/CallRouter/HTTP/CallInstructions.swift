import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Decides what the carrier is to do with a call, for documents in LaML and SWML alike.
struct CallInstructions {
    /// How often a carrier is asked to come back, two seconds apart, before it is turned away.
    static let waitLimit = 5
    /// The query parameter that counts those waits.
    static let waitParameter = "waited"

    let services: HTTPServices
    let logger: Logger

    // MARK: - Documents

    /// The stream of a call that is on record and not over.
    func begin(callID: String, request: CarrierRequest) async -> CallInstruction {
        await self.instruction(callID: callID, request: request) { !Self.isOver($0) }
    }

    /// A further stream of a call that is in progress or being dialled.
    ///
    /// As the action of a transfer the request says how the dialled leg ended: after a talk the call is over. The query
    /// of a redirect names the keypad tones to be played first, for carriers that take none on the stream.
    func resume(callID: String, request: CarrierRequest) async -> CallInstruction {
        if let status = request["DialCallStatus"]?.lowercased() {
            let isAnswered = status == "completed" || status == "answered"
            await self.services.switchboard.transferEnded(callID: callID, answered: isAnswered)
            if isAnswered { return .hangUp }
        }
        let instruction = await self.instruction(callID: callID, request: request, where: Self.isUnderWay)
        // Keys that the stream cannot carry, see `CallSession.sendKeypad`.
        guard case .connect = instruction, let digits = request.query[Self.digitsParameter] else { return instruction }
        let isValid = digits.count <= 32 && digits.allSatisfy { "0123456789*#ABCDwW".contains($0) }
        return isValid ? .press(digits: digits, callID: callID) : instruction
    }

    /// The query parameter that holds keys to be pressed before the stream.
    static let digitsParameter = "digits"

    /// The number that a call is being handed to; a call without one goes on as it was, so that it is not lost.
    func transfer(callID: String, request: CarrierRequest) async -> CallInstruction {
        guard let number = await self.services.switchboard.transferTarget(callID: callID) else {
            return await self.instruction(callID: callID, request: request, where: Self.isUnderWay)
        }
        return .dial(number: number, callID: callID)
    }

    /// The same as ``resume(callID:request:)`` for a carrier that only knows its own identifier of the call.
    func fallback(request: CarrierRequest) async -> CallInstruction {
        guard let sid = request.callSID else { return .hangUp }
        do {
            let call = try await self.services.store.call(sid: sid)
            return self.instruction(for: call, where: Self.isUnderWay)
        } catch {
            return self.wait(request)
        }
    }

    /// The stream of a call that comes in, put on record here; the same `CallSid` is the same call.
    func inbound(request: CarrierRequest) async throws -> CallInstruction {
        guard let sid = request.callSID else {
            throw APIError(.badRequest, code: "invalid_request", message: "CallSid is missing.")
        }
        do {
            let (call, isCertain) = try await self.recordedCall(sid: sid)
            if let call { return self.instruction(for: call) { !Self.isOver($0) } }
            if self.services.refusesNewCalls { return self.wait(request) }
            guard self.services.switchboard.hasCapacity else { return .turnAway }
            // A system of record that did not answer for the call will not do so for its caller.
            let caller = isCertain ? await self.caller(request["From"]) : (isWelcome: true, known: nil)
            guard caller.isWelcome else { return .turnAway }
            let record = self.record(sid: sid, request: request, caller: caller.known)
            try await self.services.store.insert(record)
            await self.services.inboundCallExpected(record)
            return .connect(callID: record.callID)
        } catch {
            return self.wait(request)
        }
    }

    /// The call that is on record under this `CallSid`.
    ///
    /// Where everybody is welcome, a hosted system of record that does not answer keeps nobody waiting: a call that is not
    /// known here is a new one, under an identifier that follows from its `CallSid`.
    private func recordedCall(sid: String) async throws(StoreError) -> (call: CallRecord?, isCertain: Bool) {
        do throws(StoreError) { return (try await self.services.store.call(sid: sid), true) } catch {
            guard self.services.configuration.inbound.acceptsUnknownCallers else { throw error }
            self.logger.warning("\(error)")
            return (nil, false)
        }
    }

    // MARK: - Parts

    private func instruction(
        callID: String,
        request: CarrierRequest,
        where isServed: (CallRecord) -> Bool
    ) async -> CallInstruction {
        do {
            let call = try await self.services.store.call(id: callID)
            let instruction = self.instruction(for: call, where: isServed)
            if let call, case .connect = instruction { await self.adopt(call, request) }
            return instruction
        } catch {
            // The store is down, the call need not be: what lives here is known without it.
            if await self.services.switchboard.isLive(callID: callID) { return .connect(callID: callID) }
            return self.wait(request)
        }
    }

    private func instruction(for call: CallRecord?, where isServed: (CallRecord) -> Bool) -> CallInstruction {
        guard let call else { return .hangUp }
        guard !isServed(call) else { return .connect(callID: call.callID) }
        // The stream broke off in mid-talk because of us: the carrier's own voice can still say so.
        return call.endReason == .modelFailed ? .apologise : .hangUp
    }

    /// Learns the carrier's identifier of a dialled call from its fetch: the answer to the dialling may be lost.
    ///
    /// Whoever dialled it knows whether the fetch is of the present attempt; without them the record has it at once.
    private func adopt(_ call: CallRecord, _ request: CarrierRequest) async {
        guard call.direction == .outbound, call.callSID == nil, Self.isUnderWay(call), let sid = request.callSID else {
            return
        }
        if let events = self.services.outbound?.events {
            let status = request["CallStatus"].flatMap { CarrierCallStatus(rawValue: $0.lowercased()) } ?? .inProgress
            guard !status.isTerminal else { return }
            return await events.status(CarrierStatusUpdate(callSID: sid, callID: call.callID, status: status))
        }
        var change = CallChange()
        change.callSID = sid
        do {
            try await self.services.store.update(callID: call.callID, change)
        } catch {
            self.logger.debug("The carrier's identifier of a call was not stored", metadata: ["error": "\(error)"])
        }
    }

    /// The call has ended, on record or, where that is still to be written, by its journal.
    private static func isOver(_ call: CallRecord) -> Bool { call.status.isTerminal || call.endReason != nil }

    private static func isUnderWay(_ call: CallRecord) -> Bool {
        switch call.status {
        case .initiating, .ringing, .inProgress: !Self.isOver(call)
        case .queued, .completed, .failed: false
        }
    }

    /// Asks the carrier to come back in two seconds, and turns it away once it has done so often enough.
    private func wait(_ request: CarrierRequest) -> CallInstruction {
        let waits = Self.waits(request)
        guard waits < Self.waitLimit else { return .turnAway }
        return .wait(path: "\(request.path)?\(Self.waitParameter)=\(waits + 1)")
    }

    /// How often this fetch has been put off already.
    private static func waits(_ request: CarrierRequest) -> Int {
        guard let text = request.query[Self.waitParameter] else { return 0 }
        return Int(text).map { max(0, $0) } ?? Self.waitLimit
    }

    private func caller(_ number: String?) async -> (isWelcome: Bool, known: KnownCaller?) {
        let acceptsAll = self.services.configuration.inbound.acceptsUnknownCallers
        guard let number else { return (acceptsAll, nil) }
        if let known = await self.services.inboundContext(number) { return (true, known) }
        if acceptsAll { return (true, nil) }
        return (await self.services.isKnownCaller(number), nil)
    }

    private func record(sid: String, request: CarrierRequest, caller: KnownCaller?) -> CallRecord {
        var record = CallRecord(
            callID: CallIdentifier.derived(from: sid),
            callSID: sid,
            direction: .inbound,
            status: .ringing,
            createdAt: self.services.now()
        )
        record.from = request["From"]
        record.to = request["To"]
        if let caller {
            record.leadID = caller.leadID
            record.businessID = caller.businessID
            record.consumerID = caller.consumerID
            record.context = caller.context
        }
        return record
    }
}
