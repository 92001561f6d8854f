import Foundation

/// Writes instructions as documents, in SignalWire's and Twilio's LaML and in SignalWire's SWML.
struct InstructionWriter {
    /// How long a human's telephone rings before the AI takes the call back, in seconds.
    static let transferRingSeconds = 20
    /// How long a carrier that is put off waits before it comes back, in seconds.
    static let waitSeconds = 2

    let services: HTTPServices
    let publicURL: PublicURL

    func laml(_ instruction: CallInstruction) -> LaMLDocument {
        switch instruction {
        case .connect(let callID):
            let token = self.token(callID)
            let codec = self.services.configuration.streams.codec
            let stream = LaMLDocument.Stream(
                url: self.publicURL.stream("/media-stream"),
                token: token,
                codec: codec == .pcmu ? nil : codec.rawValue,
                statusCallback: self.streamCallback,
                parameters: [("callId", callID), ("token", token)]
            )
            return LaMLDocument(.connectStream(stream), .redirect(url: self.resume("laml", callID)))
        case .press(let digits, let callID):
            var document = self.laml(.connect(callID: callID))
            document.verbs.insert(.playDigits(digits), at: 0)
            return document
        case .dial(let number, let callID):
            let dial = LaMLDocument.Dial(
                number: number,
                callerID: self.services.configuration.carrier?.number,
                timeoutSeconds: Self.transferRingSeconds,
                action: self.resume("laml", callID)
            )
            return LaMLDocument(.dial(dial))
        case .apologise: return LaMLDocument(.say(self.services.apology), .hangup)
        case .turnAway: return LaMLDocument(.say(self.services.refusal), .hangup)
        case .wait(let path):
            return LaMLDocument(.pause(seconds: Self.waitSeconds), .redirect(url: self.publicURL.web(path)))
        case .hangUp: return LaMLDocument(.hangup)
        }
    }

    func swml(_ instruction: CallInstruction) -> SWMLDocument {
        switch instruction {
        case .connect(let callID):
            let codec = self.services.configuration.streams.codec
            let stream = SWMLDocument.Stream(
                url: self.publicURL.stream("/media-stream"),
                token: self.token(callID),
                codec: codec == .pcmu ? "PCMU" : codec.rawValue,
                statusURL: self.streamCallback,
                callID: callID,
                resumeURL: self.resume("swml", callID)
            )
            return SWMLDocument(.answer, .connectStream(stream), .hangup)
        // SignalWire's streams carry keys by themselves.
        case .press(_, let callID): return self.swml(.connect(callID: callID))
        // Transfers are dialled by LaML: the carrier's REST API takes nothing else.
        case .dial(_, let callID): return SWMLDocument(.transfer(url: self.resume("laml", callID)))
        case .apologise: return SWMLDocument(.say(self.services.apology), .hangup)
        case .turnAway: return SWMLDocument(.say(self.services.refusal), .hangup)
        case .wait(let path):
            return SWMLDocument(.sleep(milliseconds: Self.waitSeconds * 1000), .transfer(url: self.publicURL.web(path)))
        case .hangUp: return SWMLDocument(.hangup)
        }
    }

    private var streamCallback: String { self.publicURL.web("/webhooks/signalwire/stream") }

    private func token(_ callID: String) -> String {
        self.services.tokens.issue(callID: callID, now: self.services.now())
    }

    private func resume(_ language: String, _ callID: String) -> String {
        let allowed = CharacterSet.alphanumerics.union(.init(charactersIn: "-_"))
        let name = callID.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return self.publicURL.web("/\(language)/call/\(name)/resume")
    }
}
