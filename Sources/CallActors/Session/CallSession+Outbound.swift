import Foundation
import Logging

/// What a carrier account makes possible in a call: handing it on, pressing keys, ordering callbacks.
extension CallSession {
    /// The carrier says that the call is over.
    package func carrierEnded(_ reason: EndReason, errorMessage: String?) {
        self.end(reason, errorMessage: errorMessage)
    }

    /// Speaks a text after the response now playing; false where the call cannot.
    package func say(_ text: String) -> Bool {
        guard self.isLive, self.conversation.phase == .talking else { return false }
        self.tell(.say(instructions: self.ports.sayInstructions(text)))
        return true
    }

    // MARK: - Transfer

    /// Hands the call on; false where it cannot be.
    package func transfer(to number: String) -> Bool {
        guard self.isLive, self.conversation.phase == .talking, self.ports.carrier != nil, self.callSID != nil else {
            return false
        }
        self.tell(.transferOrdered(to: number))
        return true
    }

    /// Has the carrier fetch the document that dials; the stream ends by this.
    func handOver(to number: String) {
        guard let carrier = self.ports.carrier, let callSID = self.callSID else { return self.takeBack() }
        self.transferTarget = number
        self.note(.transferStarted(to: number))
        self.stop(.maxDuration)
        self.handedOverAt = .now
        self.continueTransfer()
        self.logger.info("call is being transferred")
        self.order(.redirect(callSID: callSID, url: carrier.url(self.callID, .transfer), isTransfer: true))
    }

    /// Watches over a call that is in other hands.
    func continueTransfer() {
        self.start(.transfer, after: .seconds(60))
        self.transferDeadline = .now + self.settings.transferWithin
    }

    /// Nobody needs the model while two people talk: its session ends, and another one begins when the call comes back.
    func releaseModel() {
        self.modelGeneration += 1
        self.closeModel()
        self.tell(.modelLost)
        self.supervision = ModelSupervision()
    }

    /// The dialled leg is over.
    package func transferEnded(answered: Bool) {
        guard self.isLive, self.transferTarget != nil else { return }
        self.transferTarget = nil
        self.stop(.transfer)
        self.note(.transferEnded(answered: answered))
        if answered { return self.end(.transferred) }
        self.armMaxDuration()
        if self.carrier == nil { self.start(.resume, after: self.settings.resumeWithin) }
        self.tell(.transferUnanswered)
    }

    private func takeBack() {
        self.transferTarget = nil
        self.stop(.transfer)
        self.note(.transferEnded(answered: false))
        self.armMaxDuration()
        self.tell(.transferUnanswered)
    }

    /// Asks the carrier to fetch another document for this call, which ends its stream.
    func redirect(callSID: String, url: String, isTransfer: Bool) async {
        guard let carrier = self.ports.carrier else { return }
        do throws(CarrierError) { try await carrier.control.redirect(callSID: callSID, to: url) } catch {
            self.redirectFailed(error, isTransfer: isTransfer)
        }
    }

    private func redirectFailed(_ error: CarrierError, isTransfer: Bool) {
        guard self.isLive else { return }
        self.logger.warning("\(error)")
        self.ports.metrics.error(.carrier)
        if case .unanswered = error { return }  // It may have been done: the stream tells.
        self.expectsRedirect = false
        // The stream ended meanwhile, and not because of us: they hung up.
        let hungUp = self.carrier == nil && self.sawStop
        if isTransfer, self.transferTarget != nil, !hungUp { return self.takeBack() }
        if hungUp { self.end(.callerHangup) }
    }

    /// The stream said `stop`: the call is over, unless it was redirected.
    func streamStopped() {
        guard self.transferTarget != nil || self.expectsRedirect else { return self.end(.callerHangup) }
        self.sawStop = true
        guard let link = self.carrier else { return }
        self.carrierLost(link.id, reason: self.transferTarget == nil ? .streamLost : .transferred)
        link.close(code: 1000, reason: "redirected")
    }

    /// From time to time while handed over: asks the carrier whether the call is still there.
    func transferDue() {
        guard self.transferTarget != nil, let callSID = self.callSID else { return }
        if let deadline = self.transferDeadline, deadline <= .now { return self.end(.transferred) }
        self.start(.transfer, after: .seconds(60))
        self.order(.lookUpTransfer(callSID: callSID))
    }

    func lookUpTransfer(callSID: String) async {
        guard let carrier = self.ports.carrier else { return }
        do throws(CarrierError) {
            let state = try await carrier.control.fetch(callSID: callSID)
            guard self.isLive, self.transferTarget != nil, state.status.isTerminal else { return }
            self.end(.transferred)
        } catch {
            self.logger.debug("\(error)")
        }
    }

    // MARK: - Keys

    /// Presses keys: on the stream, a quarter of a second apart, or by a document of the carrier.
    func sendKeypad(_ digits: String) {
        guard let carrier = self.ports.carrier, !carrier.control.sendsDigitsOnStream else {
            // More keys than a menu can want are a model that has lost its way: the rest is not pressed.
            self.keypad = String((self.keypad + digits).prefix(128))
            return self.pressNext()
        }
        guard let callSID = self.callSID else { return }
        self.expectsRedirect = true
        self.order(.redirect(callSID: callSID, url: carrier.url(self.callID, .digits(digits)), isTransfer: false))
    }

    /// Presses the next key that waits; `w` is half a second of nothing, `W` a second.
    func pressNext() {
        guard self.timers[.keypad] == nil, let key = self.keypad.first else { return }
        self.keypad.removeFirst()
        var wait = Duration.milliseconds(250)
        switch key {
        case "w": wait = .milliseconds(500)
        case "W": wait = .seconds(1)
        default:
            self.carrier?.send(dtmf: String(key))
            self.carrier?.flush()
        }
        self.start(.keypad, after: wait)
    }

    // MARK: - Opt-out and callbacks

    /// The far party asked not to be called: written down before the call ends.
    func writeOptOut() {
        guard !self.optOutPending, let number = self.record.farParty else { return }
        self.note(.optedOut(number: number))
        self.optOutPending = true
        self.order(.optOut(number: number))
    }

    func optOut(_ number: String) async {
        _ = await self.ports.optOut(number)
        // Where it could not be written, the journal has it, and the call's completion writes it again.
        self.optOutPending = false
        if let reason = self.endAfterOptOut { self.end(reason) }
    }

    func scheduleCallback(_ callID: String, at text: String, note: String) async {
        let output: [String: String]
        if let date = Self.date(text), date > Date() {
            switch await self.ports.scheduleCallback(self.record, date, note) {
            case .scheduled(let date): output = ["status": "scheduled", "at": date.ISO8601Format()]
            case .refused(let reason): output = ["status": "not done", "reason": reason]
            }
        } else {
            output = [
                "status": "not done",
                "reason": "at must be a moment in the future, such as 2027-01-31T09:30:00-05:00.",
            ]
        }
        guard self.isLive else { return }
        self.tell(.toolAnswered(callID: callID, output: ToolArguments.encode(output)))
    }

    /// RFC 3339, with or without fractions of a second.
    private static func date(_ text: String) -> Date? {
        if let date = try? Date(text, strategy: .iso8601) { return date }  // nil says it as well as the error does.
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try? Date(text, strategy: fractional)  // As above.
    }

    // MARK: - Cost

    /// Ends a call that has used up what it may cost.
    func checkCost() {
        self.costIsDue = false
        guard let limit = self.settings.maxCostUSD, self.isLive else { return }
        var usage = self.usage
        usage.carrierSeconds = self.startedAt.map { Int(max(0, Date().timeIntervalSince($0)).rounded(.up)) } ?? 0
        guard let cost = self.ports.price(usage, self.record.direction), cost >= limit else { return }
        self.reachLimit(.maxCost)
    }
}
