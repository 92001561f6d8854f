import Wire

/// What the stand-ins' own records say about a call that is over: whether it was as its scenario says, and how fast.
///
/// Nothing here comes from the router: the carrier knows what was heard and when, the model what arrived and when.
package struct CallReview: Sendable {
    /// What was not as it must be, in words; empty for a good call.
    package internal(set) var problems: [String] = []
    /// From the caller's last frame of an utterance to the first sound of the answer at the carrier: the silence that
    /// the caller hears, the model's own wait for the end of the speech included.
    package private(set) var turnLatencies: [Duration] = []
    /// From `speech_started` leaving the model to `clear` arriving at the carrier.
    package private(set) var bargeIns: [Duration] = []
    /// From the model's question leaving it to the answer arriving there.
    package private(set) var reasonings: [Duration] = []

    let plan: ScenarioPlan
    let call: CarrierCallRecord
    /// The connections of this call's caller, in order.
    let connections: [ModelConnectionRecord]

    /// The tolerance of a truncation: one frame.
    private static let truncationTolerance = 20
    /// Errors that a client may run into without a mistake, because the model was faster.
    private static let harmlessErrors: Set<String> = [
        "response_cancel_not_active", "conversation_already_has_active_response",
    ]

    package init(plan: ScenarioPlan, call: CarrierCallRecord, connections: [ModelConnectionRecord]) {
        self.plan = plan
        self.call = call
        self.connections = connections.filter { $0.caller == call.number }
        self.measure()
        self.reviewProtocols()
        self.reviewCallerAudio()
        self.reviewAnswers()
        self.reviewInterruptions()
        self.reviewScenario()
    }

    /// Adds what the router's own account of the call, `GET /v1/calls/{call_id}`, has wrong.
    package mutating func compare(with account: StandInJSON) {
        let outcome = account["outcome"]?.string ?? "none"
        if !self.plan.outcomes.contains(outcome) {
            self.problems.append(
                "the outcome is \(outcome), not \(self.plan.outcomes.sorted().joined(separator: " or "))"
            )
        }
        let reason = account["end_reason"]?.string ?? "none"
        if !self.plan.endReasons.contains(reason) {
            self.problems.append(
                "the end reason is \(reason), not \(self.plan.endReasons.sorted().joined(separator: " or "))"
            )
        }
        let lines = account["transcript"]?.array ?? []
        let said = lines.filter { $0["role"] == "user" }.compactMap { $0["content"]?.string }
        let utterances = self.call.utterances.filter { $0.line != nil && $0.endedAt != nil }
        for (index, utterance) in utterances.enumerated() {
            guard !said.contains(where: { $0.contains(utterance.text) }) else { continue }
            // A call that is not the model's to end may end before the last words are transcribed.
            guard index < utterances.count - 1 || self.plan.endReasons.contains("ai_hangup") else { continue }
            self.problems.append("the transcript lacks what the caller said: \(utterance.text)")
        }
        let answers = lines.filter { $0["role"] == "assistant" }
        for line in self.plan.mustHear where !answers.contains(where: { $0["content"]?.string == line.text }) {
            self.problems.append("the transcript lacks what the assistant said: \(line.text)")
        }
        let isCut = answers.contains { $0["interrupted"] == true }
        if self.plan.scenario == .bargeIn, !isCut {
            self.problems.append("no turn of the transcript is marked as interrupted")
        }
    }

    // MARK: - Measuring

    private mutating func measure() {
        let items = self.call.items
        for (index, utterance) in self.call.utterances.enumerated() where utterance.line != nil {
            guard let end = utterance.endedAt else { continue }
            let next = self.call.utterances.dropFirst(index + 1).first?.startedAt
            guard let answer = items.first(where: { $0.firstArrivedAt > end }),
                next.map({ answer.firstArrivedAt < $0 }) ?? true
            else { continue }
            self.turnLatencies.append(end.duration(to: answer.firstArrivedAt))
        }
        let starts = self.connections.flatMap(\.sent).filter { $0.type == "input_audio_buffer.speech_started" }
        for clear in self.call.streams.flatMap(\.clears) {
            guard let start = starts.last(where: { $0.at <= clear.at }), start.at.duration(to: clear.at) < .seconds(1)
            else {
                continue
            }
            self.bargeIns.append(start.at.duration(to: clear.at))
        }
        for tool in self.connections.flatMap(\.toolCalls) where tool.name == "consult_reasoner" {
            guard let answeredAt = tool.answeredAt else { continue }
            self.reasonings.append(tool.sentAt.duration(to: answeredAt))
        }
    }

    // MARK: - Reviewing

    private mutating func reviewProtocols() {
        self.problems += self.call.anomalies.map { "the carrier: \($0)" }
        if self.connections.isEmpty { self.problems.append("no audio of the caller reached the voice model") }
        for connection in self.connections {
            self.problems += connection.violations.map { "the voice model: \($0)" }
            let errors = connection.errorCodes.filter { !Self.harmlessErrors.contains($0) }
            self.problems += errors.map { "the voice model answered with the error \($0)" }
            if connection.close == nil { self.problems.append("a socket to the voice model outlived the call") }
        }
        for stream in self.call.streams where stream.close == nil {
            self.problems.append("the media stream \(stream.streamSID) outlived the call")
        }
        switch self.call.end {
        case .failed(let reason): self.problems.append("the carrier gave up: \(reason)")
        case .notAnswered(let status): self.problems.append("the call was not answered: \(status.rawValue)")
        case nil: self.problems.append("the call did not end")
        case .callerHungUp, .documentEnded, .endedByAPI: break
        }
    }

    private mutating func reviewAnswers() {
        for item in self.call.items where item.misplacedFrames > 0 {
            let name = item.line?.rawValue ?? "an answer"
            self.problems.append("\(item.misplacedFrames) frames of \(name) reached the carrier out of order")
        }
        for line in self.plan.mustHear {
            // Marks and frames may be apart by one frame at either end.
            let whole = SpeechLibrary.shared.clip(line).duration - .milliseconds(40)
            let isHeard = self.call.streams.contains { stream in
                stream.items.contains { item in
                    item.line == line && stream.format.duration(byteCount: item.heardByteCount) >= whole
                }
            }
            if !isHeard { self.problems.append("the caller did not hear: \(line.text)") }
        }
    }

    private mutating func reviewInterruptions() {
        for truncation in self.connections.flatMap(\.truncations) {
            if let refusal = truncation.refusal {
                self.problems.append("a truncation was refused: \(refusal)")
            } else if let number = truncation.itemNumber {
                let heard = self.call.heardMilliseconds(ofItem: number)
                guard abs(heard - truncation.endMilliseconds) > Self.truncationTolerance else { continue }
                self.problems.append(
                    "an answer was truncated at \(truncation.endMilliseconds) ms, but \(heard) ms of it were heard"
                )
            }
        }
        for stream in self.call.streams {
            for clear in stream.clears {
                guard let item = clear.item else { continue }
                let late = stream.media.filter { $0.at > clear.at && $0.item == item }.count
                if late > 0 { self.problems.append("\(late) frames of an interrupted answer came after the clear") }
            }
        }
    }

    private mutating func reviewScenario() {
        switch self.plan.scenario {
        case .bargeIn:
            if self.call.streams.allSatisfy(\.clears.isEmpty) { self.problems.append("nothing was cleared") }
            if self.connections.allSatisfy(\.truncations.isEmpty) { self.problems.append("nothing was truncated") }
        case .reasoning:
            if self.reasonings.isEmpty { self.problems.append("the question was not answered") }
        case .modelDrop:
            guard self.connections.count > 1 else {
                self.problems.append("the voice model was not connected again")
                return
            }
            let understood = self.connections.dropFirst().flatMap(\.utterances).compactMap(\.text)
            let interrupted = self.call.utterances.dropFirst().first?.text ?? ""
            if !understood.contains(where: { $0.contains(interrupted) }) {
                self.problems.append(
                    "the sentence during which the voice model was lost did not reach the next session"
                )
            }
        case .hangup:
            if self.call.end != .callerHungUp { self.problems.append("the caller did not get to hang up") }
        case .voicemail: self.reviewMailbox()
        case .transfer: self.reviewTransfer()
        case .conversation, .maxDuration, .outbound, .optOut: break
        }
    }
}
