/// Builds the client events of OpenAI's Realtime API as JSON values.
struct RealtimeCommandEncoder {
    /// Echoed in `error.event_id`, so that an error names the event that caused it.
    let eventID: String
    /// See ``RealtimeDialect/init(idleTimeout:)``.
    let idleTimeout: Duration?

    /// The longest identifier of an item that we may choose (API reference of `conversation.item.create`).
    private static let longestItemID = 32
    /// The bounds of `metadata` (API reference of `response.create`): pairs, characters of a key and of a value.
    private static let metadataBounds = (pairs: 16, key: 64, value: 512)

    func message(for command: ModelCommand) -> JSONDocument {
        switch command {
        case .configure(let settings):
            self.event("session.update", ["session": Self.session(settings)])
        case .setTurnDetection(let enabled):
            self.event("session.update", ["session": self.turnDetectionUpdate(enabled: enabled)])
        case .createItem(let item):
            self.event("conversation.item.create", ["item": Self.item(item)])
        case .truncate(let itemID, let audioEnd):
            self.event(
                "conversation.item.truncate",
                [
                    "item_id": .string(itemID), "content_index": 0,
                    "audio_end_ms": .integer(Self.milliseconds(audioEnd)),
                ]
            )
        case .deleteItem(let itemID):
            self.event("conversation.item.delete", ["item_id": .string(itemID)])
        case .createResponse(let request):
            self.event("response.create", Self.response(request).map { ["response": $0] } ?? [:])
        case .cancelResponse(let id):
            self.event("response.cancel", id.map { ["response_id": .string($0)] } ?? [:])
        case .commitAudio:
            self.event("input_audio_buffer.commit")
        case .clearAudio:
            self.event("input_audio_buffer.clear")
        }
    }

    private func event(_ type: String, _ members: [String: JSONDocument] = [:]) -> JSONDocument {
        var event = members
        event["type"] = .string(type)
        event["event_id"] = .string(self.eventID)
        return .object(event)
    }

    // MARK: Sessions

    private static func session(_ settings: ModelSessionSettings) -> JSONDocument {
        let format = Self.format(settings.format)
        var transcription: [String: JSONDocument] = ["model": .string(settings.transcriptionModel)]
        transcription["language"] = settings.language.map(JSONDocument.string)
        return [
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": .string(settings.instructions),
            "audio": [
                "input": [
                    "format": format,
                    "transcription": .object(transcription),
                    "noise_reduction": nil,
                    "turn_detection": Self.turnDetection(idleTimeout: settings.idleTimeout),
                ],
                "output": ["format": format, "voice": .string(settings.voice), "speed": 1.0],
            ],
            "tools": .array(settings.tools.map(Self.tool)),
            "tool_choice": "auto",
            "max_output_tokens": .integer(settings.maxOutputTokens),
            "tracing": nil,
            // Keeps the bill of a long call bounded: history beyond 8000 tokens is cut to 80 % of them, so that most
            // of the prefix stays in the provider's prompt cache.
            "truncation": [
                "type": "retention_ratio", "retention_ratio": 0.8, "token_limits": ["post_instructions": 8000],
            ],
        ]
    }

    private func turnDetectionUpdate(enabled: Bool) -> JSONDocument {
        let detection: JSONDocument = enabled ? Self.turnDetection(idleTimeout: self.idleTimeout) : .null
        return ["type": "realtime", "audio": ["input": ["turn_detection": detection]]]
    }

    /// The provider's defaults, but for 500 ms of silence: on the phone 200 ms cuts people off in mid-sentence.
    private static func turnDetection(idleTimeout: Duration?) -> JSONDocument {
        [
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
            "idle_timeout_ms": idleTimeout.map { .integer(Self.milliseconds($0)) } ?? .null,
            "create_response": true,
            "interrupt_response": true,
        ]
    }

    /// The wire name of a format; 24000 is the only rate of linear PCM that the API has.
    private static func format(_ format: AudioFormat) -> JSONDocument {
        switch format {
        case .pcmu: ["type": "audio/pcmu"]
        case .l16: ["type": "audio/pcm", "rate": 24000]
        }
    }

    private static func tool(_ tool: ModelTool) -> JSONDocument {
        [
            "type": "function", "name": .string(tool.name), "description": .string(tool.description),
            "parameters": tool.parameters,
        ]
    }

    // MARK: Items and responses

    /// An identifier that is too long for the API is left out: the server then chooses one.
    private static func item(_ item: ModelHistoryItem) -> JSONDocument {
        let (id, members): (String?, [String: JSONDocument]) =
            switch item {
            case .message(let id, let role, let text):
                (
                    id,
                    [
                        "type": "message", "role": .string(role.rawValue),
                        "content": [
                            ["type": role == .assistant ? "output_text" : "input_text", "text": .string(text)]
                        ],
                    ]
                )
            case .functionCall(let id, let callID, let name, let arguments):
                (
                    id,
                    [
                        "type": "function_call", "call_id": .string(callID), "name": .string(name),
                        "arguments": .string(arguments),
                    ]
                )
            case .functionCallOutput(let id, let callID, let output):
                (id, ["type": "function_call_output", "call_id": .string(callID), "output": .string(output)])
            }
        var object = members
        if let id, !id.isEmpty, id.count <= Self.longestItemID { object["id"] = .string(id) }
        return .object(object)
    }

    /// The overrides of one response; nil where there are none.
    private static func response(_ request: ModelResponseRequest) -> JSONDocument? {
        var overrides: [String: JSONDocument] = [:]
        overrides["instructions"] = request.instructions.map(JSONDocument.string)
        overrides["tool_choice"] = request.toolChoice.map { .string($0.rawValue) }
        overrides["input"] = request.input.map { .array($0.map(Self.item)) }
        if request.outOfBand { overrides["conversation"] = "none" }
        if request.textOnly { overrides["output_modalities"] = ["text"] }
        if !request.metadata.isEmpty { overrides["metadata"] = Self.metadata(request.metadata) }
        return overrides.isEmpty ? nil : .object(overrides)
    }

    private static func metadata(_ metadata: [String: String]) -> JSONDocument {
        let bounds = Self.metadataBounds
        let pairs = metadata.sorted { $0.key < $1.key }.prefix(bounds.pairs).map { key, value in
            (String(key.prefix(bounds.key)), JSONDocument.string(String(value.prefix(bounds.value))))
        }
        return .object(Dictionary(pairs) { first, _ in first })
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
