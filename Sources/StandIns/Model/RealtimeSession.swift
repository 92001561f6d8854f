import Wire

/// The effective configuration of a Realtime session, changed field by field as the GA API does it.
package struct RealtimeSession: Sendable {
    /// The session as `session.created` and `session.updated` show it.
    package private(set) var json: StandInJSON
    /// Sound was put out: the voice is frozen from then on.
    package var hasSpoken = false

    /// The session that a connection begins with.
    package init(id: String, model: String, expiresAt: Int) {
        self.json = [
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "(server default instructions)",
            "audio": [
                "input": [
                    "format": ["type": "audio/pcm", "rate": 24000],
                    "transcription": .null,
                    "noise_reduction": .null,
                    "turn_detection": [
                        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
                        "idle_timeout_ms": .null, "create_response": true, "interrupt_response": true,
                    ],
                ],
                "output": ["format": ["type": "audio/pcm", "rate": 24000], "voice": "alloy", "speed": 1.0],
            ],
            "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "tracing": .null, "truncation": "auto",
            "id": .string(id), "object": "realtime.session", "model": .string(model),
            "expires_at": StandInJSON(expiresAt),
            "prompt": .null, "include": .null,
        ]
    }

    /// Takes the fields that a `session.update` holds; the others keep their value.
    package mutating func apply(_ update: StandInJSON?) throws(ModelConversation.Refusal) {
        guard let update, update.members != nil else { throw .missing("session") }
        guard let type = update["type"]?.string else { throw .missing("session.type") }
        guard type == "realtime" else { throw .invalid("session.type", "expected 'realtime'") }
        try RealtimeSessionRules.check(update, hasSpoken: self.hasSpoken, voice: self.voice)
        var changed = self.json
        for member in update.members ?? [] where member.name != "type" {
            changed = changed.setting(member.name, Self.merge(changed[member.name], member.value, depth: member.name))
        }
        self.json = changed
    }

    package var instructions: String { self.json["instructions"]?.string ?? "" }
    package var voice: String { self.output["voice"]?.string ?? "" }
    package var model: String { self.json["model"]?.string ?? "" }
    package var isTextOnly: Bool { self.json["output_modalities"] == ["text"] }
    package var tools: [StandInJSON] { self.json["tools"]?.array ?? [] }
    package var toolChoice: StandInJSON { self.json["tool_choice"] ?? "auto" }
    package var maxOutputTokens: StandInJSON { self.json["max_output_tokens"] ?? "inf" }
    package var inputFormat: AudioFormat { Self.format(self.input["format"]) ?? .l16(rate: 24_000) }
    package var outputFormat: AudioFormat { Self.format(self.output["format"]) ?? .l16(rate: 24_000) }
    package var transcribes: Bool { self.input["transcription"].map { !$0.isNull } ?? false }
    /// nil where the client decides about turns itself.
    package var turnDetection: StandInJSON? {
        guard let detection = self.input["turn_detection"], !detection.isNull else { return nil }
        return detection
    }

    /// The output part of a response object: `audio.output`.
    package var outputAudio: StandInJSON {
        ["output": ["format": self.output["format"] ?? .null, "voice": .string(self.voice)]]
    }

    private var input: StandInJSON { self.json["audio"]?["input"] ?? [:] }
    private var output: StandInJSON { self.json["audio"]?["output"] ?? [:] }

    /// The format that an object of the API names; nil where there is none like it.
    package static func format(_ json: StandInJSON?) -> AudioFormat? {
        switch (json?["type"]?.string, json?["rate"]?.int) {
        case ("audio/pcmu", nil): .pcmu
        case ("audio/pcm", 24_000): .l16(rate: 24_000)
        default: nil
        }
    }

    /// `audio`, `audio.input`, `audio.output` and a turn detection of the same type are merged; all else is replaced.
    private static func merge(_ old: StandInJSON?, _ new: StandInJSON, depth path: String) -> StandInJSON {
        let isMerged = ["audio", "audio.input", "audio.output"].contains(path)
        guard isMerged, let old, old.members != nil, let members = new.members else {
            guard path == "audio.input.turn_detection", let members = new.members else { return new }
            return self.turnDetection(members)
        }
        var merged = old
        for member in members {
            let value = self.merge(merged[member.name], member.value, depth: "\(path).\(member.name)")
            merged = merged.setting(member.name, value)
        }
        return merged
    }

    /// A turn detection with the API's defaults for what it does not say.
    private static func turnDetection(_ members: [StandInJSONMember]) -> StandInJSON {
        let isSemantic = StandInJSON.object(members)["type"]?.string == "semantic_vad"
        var detection: StandInJSON =
            isSemantic
            ? ["type": "semantic_vad", "eagerness": "auto", "create_response": true, "interrupt_response": true]
            : [
                "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
                "idle_timeout_ms": .null, "create_response": true, "interrupt_response": true,
            ]
        for member in members { detection = detection.setting(member.name, member.value) }
        return detection
    }
}
