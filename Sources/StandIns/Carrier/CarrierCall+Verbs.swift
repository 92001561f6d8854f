import Foundation

/// The verbs of documents, one after the other.
extension CarrierCall {
    /// Where a list of verbs leads.
    private enum Flow {
        case goesOn, ends
        case fetches(Fetch)
    }

    /// Carries out the verbs; returns the document that takes over, or nil when the call is over.
    func perform(_ document: CallDocument) async throws -> Fetch? {
        if case .fetches(let fetch) = await self.perform(document.verbs) { return fetch }
        return nil
    }

    private func perform(_ verbs: [CallDocument.Verb]) async -> Flow {
        for verb in verbs {
            let flow = await self.perform(verb)
            if self.isOver { return .ends }
            if let redirect = self.takeRedirect() { return .fetches(redirect) }
            if case .goesOn = flow { continue }
            return flow
        }
        return .goesOn
    }

    private func perform(_ verb: CallDocument.Verb) async -> Flow {
        switch verb {
        case .connect(let stream):
            let isConnected = await self.connect(stream)
            guard let result = stream.result, !self.record.read(\.isInterrupted) else { return .goesOn }
            return await self.perform(result.cases[isConnected ? "connected" : "failed"] ?? result.otherwise)
        case .redirect(let url, let method): return .fetches(Fetch(url: url, method: method, format: .laml))
        case .transfer(let url):
            let extra = [(name: "connect_result", value: "connected")]
            return .fetches(Fetch(url: url, method: "POST", format: .swml, extra: extra))
        case .say(let text):
            self.record.update { $0.said.append(text) }
            await self.pass(self.settings.sayCharacterTime * text.count)
            return .goesOn
        case .pause(let seconds):
            await self.pass(.seconds(seconds))
            return .goesOn
        case .playDigits(let digits):
            await self.play(digits: digits)
            return .goesOn
        case .dial(let dial): return await self.dial(dial).map { .fetches($0) } ?? .goesOn
        case .hangup: return .ends
        }
    }

    /// Plays keypad tones to the far end: 200 ms each with the pause after it.
    func play(digits: String) async {
        for digit in digits {
            switch digit {
            case "w": await self.pass(.milliseconds(500))
            case "W": await self.pass(.seconds(1))
            default:
                self.record.update { $0.playedDigits.append(digit) }
                await self.pass(.milliseconds(200))
            }
            if self.record.read(\.isInterrupted) { return }
        }
    }

    /// Dials a number into the call; returns the action that takes over when that leg is over.
    private func dial(_ dial: CallDocument.Dial) async -> Fetch? {
        self.record.update { $0.dialled.append(dial) }
        let callee = self.dialledParty ?? self.carrier.nextCallee(of: dial.number)
        self.dialledParty = nil
        let hex = UUID().uuidString.lowercased()
        let legSID = self.settings.dialect == .twilio ? "CA" + hex.replacing("-", with: "") : hex
        let index = self.record.update { record in
            let leg = CarrierCallRecord.DialledLeg(
                callSID: legSID,
                number: dial.number,
                callerID: dial.callerID,
                startedAt: .now
            )
            record.legs.append(leg)
            return record.legs.count - 1
        }
        let status = await self.ring(dial, callee, leg: index)
        let seconds: Int = self.record.update { record in
            record.legs[index].endedAt = .now
            record.legs[index].status = status
            return record.legs[index].answeredAt.map { Int($0.duration(to: .now) / .seconds(1)) } ?? 0
        }
        guard let action = dial.action else { return nil }
        var fetch = Fetch(url: action, method: dial.method, format: .laml)
        fetch.extra = [("DialCallStatus", status), ("DialCallSid", legSID)]
        if status == "completed" { fetch.extra.append(("DialCallDuration", String(seconds))) }
        return fetch
    }

    /// Rings the dialled number and, where somebody answers, stays until they are done.
    ///
    /// - Returns: `DialCallStatus`.
    private func ring(_ dial: CallDocument.Dial, _ callee: Callee, leg index: Int) async -> String {
        if let fault = self.fault(of: dial) {
            self.record.update { $0.anomalies.append(fault) }
            return "failed"
        }
        let patience = Duration.seconds(dial.timeoutSeconds)
        switch callee.answer {
        case .busy(let after):
            await self.pass(after)
            return "busy"
        case .fails(let after):
            await self.pass(after)
            return "failed"
        case .noAnswer(let after):
            await self.pass(min(after, patience))
            return "no-answer"
        case .answers(let after) where after >= patience:
            await self.pass(patience)
            return "no-answer"
        case .answers(let after):
            await self.pass(after)
            guard !self.record.read(\.isInterrupted) else { return "canceled" }
            self.record.update { $0.legs[index].answeredAt = .now }
            // The carriers' own limit of a dialled leg is four hours; a timeout is the end of the talk.
            _ = try? await self.record.wait(
                for: "the dialled leg to end",
                within: callee.talkTime ?? .seconds(14_400)
            ) { record in
                record.isInterrupted || record.legs[index].isHungUp ? true : nil
            }
            return "completed"
        }
    }

    /// What the carrier would not dial.
    private func fault(of dial: CallDocument.Dial) -> String? {
        guard CarrierOrderRules.isE164(dial.number) else { return "Dial to something that is no number (13223)" }
        guard (5...600).contains(dial.timeoutSeconds) else { return "a Dial timeout outside of 5 to 600 s" }
        let own = [self.settings.ownNumber, self.record.read(\.from), self.record.read(\.to)]
        if let callerID = dial.callerID, !own.contains(callerID) { return "a callerId that is not owned (13214)" }
        return nil
    }
}
