import NIOCore
import Wire

extension ModelConnection {
    /// Overrides that `response.create` takes.
    private static let overrides: Set<String> = [
        "instructions", "tools", "tool_choice", "output_modalities", "max_output_tokens", "audio", "metadata",
        "conversation", "input", "reasoning", "prompt", "parallel_tool_calls",
    ]

    func createResponse(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        let options = json["response"] ?? [:]
        for name in options.keys where !Self.overrides.contains(name) { throw .unknown("response.\(name)") }
        if let modalities = options["output_modalities"], modalities != ["audio"], modalities != ["text"] {
            throw .invalid("response.output_modalities", "expected ['audio'] or ['text']")
        }
        if let pairs = options["metadata"]?.members, pairs.count > 16 {
            throw .invalid("response.metadata", "expected at most 16 pairs")
        }
        let isOutOfBand = options["conversation"] == "none"
        if !isOutOfBand, let active = self.activeResponseID {
            throw ModelConversation.Refusal(
                code: "conversation_already_has_active_response",
                message: "Conversation already has an active response in progress: \(active). "
                    + "Wait until the response is finished before creating a new one.",
                param: nil
            )
        }
        try self.begin(isOutOfBand ? .outOfBand : .requested, options)
    }

    /// Responds to what the caller did; where a response is active, when that is done.
    func respond(_ cause: ModelTurn.Cause) {
        guard self.activeResponseID == nil else {
            self.owedTurn = cause
            return
        }
        // Without options there is nothing that could be refused.
        try? self.begin(cause, [:])
    }

    func cancelResponse(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        guard let id = json["response_id"]?.string ?? self.activeResponseID, self.responses[id] != nil else {
            throw ModelConversation.Refusal(
                code: "response_cancel_not_active",
                message: "Cancellation failed: no active response found",
                param: nil
            )
        }
        self.cancel(id, reason: "client_cancelled")
    }

    /// Ends a response early, in the order of the API: what was begun is closed, then `response.done`.
    func cancel(_ id: String, reason: String) {
        guard let response = self.responses[id] else { return }
        response.timer?.cancel()
        self.sendLateDeltas(of: id)
        self.endItem(of: id, isComplete: false)
        self.finish(id, status: "cancelled", details: ["type": "cancelled", "reason": .string(reason)])
    }

    /// Audio that was on its way when the response was cancelled.
    private func sendLateDeltas(of id: String) {
        for _ in 0..<self.settings.lateDeltas {
            guard let response = self.responses[id], response.current != nil,
                let next = response.steps.firstIndex(where: { if case .audio = $0 { true } else { false } })
            else { return }
            let isOfThisItem = !response.steps[..<next].contains(.endItem)
            guard isOfThisItem, case .audio(let audio) = response.steps[next] else { return }
            self.responses[id]?.steps = response.steps[(next + 1)...]
            self.sendAudio(audio, of: id)
        }
    }

    private func begin(_ cause: ModelTurn.Cause, _ options: StandInJSON) throws(ModelConversation.Refusal) {
        let isOutOfBand = cause == .outOfBand
        let isText = options["output_modalities"].map { $0 == ["text"] } ?? self.session.isTextOnly
        let history = try self.history(options["input"])
        let choice = options["tool_choice"] ?? self.session.toolChoice
        let tools = choice == "none" ? [] : options["tools"]?.array ?? self.session.tools
        self.responseCount += isOutOfBand ? 0 : 1
        let id = "resp_\(self.index)_\(isOutOfBand ? "oob_" : "")\(self.record.read(\.responses.count) + 1)"
        let turn = ModelTurn(
            cause: cause,
            history: history,
            sessionInstructions: self.session.instructions,
            instructions: options["instructions"]?.string,
            metadata: Dictionary(
                (options["metadata"]?.members ?? []).map { ($0.name, $0.value.string ?? "") },
                uniquingKeysWith: { $1 }
            ),
            isText: isText,
            tools: tools.compactMap { $0["name"]?.string },
            responseIndex: self.responseCount - 1,
            connectionIndex: self.index
        )
        let plan = ResponsePlan(
            self.script.reply(turn),
            isText: isText,
            format: self.session.outputFormat,
            tools: tools,
            settings: self.settings,
            nextNumber: { self.shared.nextItemNumber() }
        )
        self.responses[id] = ActiveResponse(
            id: id,
            cause: cause,
            isOutOfBand: isOutOfBand,
            isText: isText,
            metadata: options["metadata"] ?? .null,
            maxOutputTokens: options["max_output_tokens"] ?? self.session.maxOutputTokens,
            number: isOutOfBand ? 0 : self.responseCount,
            steps: plan.steps[...]
        )
        if !isOutOfBand { self.activeResponseID = id }
        self.idleTimer?.cancel()
        self.record.update {
            $0.responses.append(ModelConnectionRecord.Response(id: id, cause: cause, createdAt: .now))
        }
        self.sendResponse("response.created", id, status: "in_progress", details: .null, usage: .null)
        let limit: StandInJSON = ["name": "tokens", "limit": 250_000, "remaining": 249_104, "reset_seconds": 0.215]
        self.send("rate_limits.updated", [("rate_limits", .array([limit]))])
        self.advance(id)
    }

    /// The history that a script sees: the conversation, or an out-of-band response's own input.
    private func history(_ input: StandInJSON?) throws(ModelConversation.Refusal) -> [ConversationEntry] {
        guard let elements = input?.array else { return self.conversation.entries }
        var own = ModelConversation()
        for element in elements {
            if element["type"]?.string == "item_reference" {
                guard let item = self.conversation.item(element["id"]?.string ?? "") else {
                    throw .invalid("response.input", "the item referred to does not exist")
                }
                _ = try own.insert(item, after: nil)
            } else {
                let item = try ModelConversation.Item(reading: element, generatedID: self.newItemID())
                _ = try own.insert(item, after: nil)
            }
        }
        return own.entries
    }

    /// Carries out the steps of a response until it has to wait.
    func advance(_ id: String) {
        while let step = self.responses[id]?.steps.popFirst() {
            switch step {
            case .wait(let duration):
                guard duration > .zero else { continue }
                self.responses[id]?.timer = self.schedule(after: duration) { $0.advance(id) }
                return
            case .beginItem(let output): self.beginItem(output, of: id)
            case .transcript(let text): self.sendDelta("response.output_audio_transcript.delta", text, of: id)
            case .text(let text): self.sendDelta("response.output_text.delta", text, of: id)
            case .arguments(let text): self.sendDelta("response.function_call_arguments.delta", text, of: id)
            case .audio(let audio):
                self.sendAudio(audio, of: id)
                if let response = self.responses[id], response.number > 0 {
                    self.trip(.intoResponse(response.number, pieces: response.audioPieces))
                }
            case .endItem: self.endItem(of: id, isComplete: true)
            case .fail(let code, let message):
                let error: StandInJSON = ["type": "server_error", "code": .string(code), "message": .string(message)]
                self.endItem(of: id, isComplete: false)
                self.finish(id, status: "failed", details: ["type": "failed", "error": error])
                return
            case .incomplete:
                self.endItem(of: id, isComplete: false)
                self.finish(
                    id,
                    status: "incomplete",
                    details: ["type": "incomplete", "reason": "max_output_tokens"]
                )
                return
            }
        }
        guard self.responses[id] != nil else { return }
        self.finish(id, status: "completed", details: ["type": "completed"])
    }

    private func finish(_ id: String, status: String, details: StandInJSON) {
        guard let response = self.responses[id] else { return }
        let usage = self.usage(of: response)
        self.sendResponse("response.done", id, status: status, details: details, usage: usage)
        self.responses[id] = nil
        self.record.update { record in
            guard let index = record.responses.lastIndex(where: { $0.id == id }) else { return }
            record.responses[index].doneAt = .now
            record.responses[index].status = status
        }
        guard !response.isOutOfBand else { return }
        self.activeResponseID = nil
        let played = response.firstAudioAt.map { $0.duration(to: .now) } ?? .zero
        self.waitForIdle(after: max(.zero, .milliseconds(response.audioMilliseconds) - played))
        self.trip(.responsesDone(response.number))
        if let owed = self.owedTurn {
            self.owedTurn = nil
            self.respond(owed)
        }
    }

    private func sendResponse(_ type: String, _ id: String, status: String, details: StandInJSON, usage: StandInJSON) {
        guard let response = self.responses[id] else { return }
        let modalities: StandInJSON = response.isText ? ["text"] : ["audio"]
        let json: StandInJSON = [
            "object": "realtime.response", "id": .string(id), "status": .string(status), "status_details": details,
            "output": .array(response.output.map(\.json)),
            "conversation_id": response.isOutOfBand ? .null : .string("conv_\(self.index)"),
            "output_modalities": modalities, "max_output_tokens": response.maxOutputTokens,
            "audio": self.session.outputAudio, "usage": usage, "metadata": response.metadata,
        ]
        self.send(type, [("response", json)])
    }

    /// Tokens by OpenAI's rule of thumb: 4 characters of text, 100 ms of caller audio, 50 ms of model audio each.
    private func usage(of response: ActiveResponse) -> StandInJSON {
        let words = self.session.instructions.count + self.conversation.entries.count * 40
        let inputText = words / 4
        let inputAudio = self.input.elapsedMilliseconds / 100
        let input = inputText + inputAudio
        let cached = min(self.lastInputTokens, input) / 64 * 64
        let cachedAudio = min(cached, inputAudio / 2)
        self.lastInputTokens = input
        let outputAudio = response.audioMilliseconds / 50
        let outputText = 12 + response.output.count * 4
        return [
            "total_tokens": StandInJSON(input + outputAudio + outputText), "input_tokens": StandInJSON(input),
            "output_tokens": StandInJSON(outputAudio + outputText),
            "input_token_details": [
                "text_tokens": StandInJSON(inputText), "audio_tokens": StandInJSON(inputAudio), "image_tokens": 0,
                "cached_tokens": StandInJSON(cached),
                "cached_tokens_details": [
                    "text_tokens": StandInJSON(cached - cachedAudio), "audio_tokens": StandInJSON(cachedAudio),
                    "image_tokens": 0,
                ],
            ],
            "output_token_details": ["text_tokens": StandInJSON(outputText), "audio_tokens": StandInJSON(outputAudio)],
        ]
    }
}
