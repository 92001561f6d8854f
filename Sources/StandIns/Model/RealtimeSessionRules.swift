/// What the GA API accepts in a `session.update`; names of the beta API are unknown to it.
enum RealtimeSessionRules {
    private static let sessionFields: Set<String> = [
        "type", "output_modalities", "instructions", "audio", "tools", "tool_choice", "max_output_tokens", "reasoning",
        "parallel_tool_calls", "truncation", "tracing", "prompt", "include",
    ]
    private static let inputFields: Set<String> = ["format", "transcription", "noise_reduction", "turn_detection"]
    private static let outputFields: Set<String> = ["format", "voice", "speed"]
    private static let transcriptionFields: Set<String> = [
        "model", "language", "prompt", "keywords", "languages", "delay",
    ]
    private static let serverVADFields: Set<String> = [
        "type", "threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms", "create_response",
        "interrupt_response",
    ]
    private static let semanticVADFields: Set<String> = ["type", "eagerness", "create_response", "interrupt_response"]
    private static let toolFields: Set<String> = ["type", "name", "description", "parameters"]

    static func check(_ session: StandInJSON, hasSpoken: Bool, voice: String) throws(ModelConversation.Refusal) {
        try self.check(session, "session", allows: self.sessionFields)
        if let modalities = session["output_modalities"], modalities != ["audio"], modalities != ["text"] {
            throw .invalid("session.output_modalities", "expected ['audio'] or ['text']")
        }
        if let tokens = session["max_output_tokens"], tokens != "inf", !(1...4096).contains(tokens.int ?? 0) {
            throw .invalid("session.max_output_tokens", "expected 1 to 4096 or 'inf'")
        }
        for tool in session["tools"]?.array ?? [] { try self.check(tool: tool) }
        guard let audio = session["audio"] else { return }
        try self.check(audio, "session.audio", allows: ["input", "output"])
        if let input = audio["input"] { try self.check(input: input) }
        guard let output = audio["output"] else { return }
        try self.check(output, "session.audio.output", allows: self.outputFields)
        try self.check(format: output["format"], "session.audio.output.format")
        if let speed = output["speed"]?.double, !(0.25...1.5).contains(speed) {
            throw .invalid("session.audio.output.speed", "expected 0.25 to 1.5")
        }
        if hasSpoken, let wanted = output["voice"], wanted.string != voice {
            throw ModelConversation.Refusal(
                code: "cannot_update_voice",
                message: "Cannot update a conversation's voice if assistant audio is present.",
                param: "session.audio.output.voice"
            )
        }
    }

    private static func check(input: StandInJSON) throws(ModelConversation.Refusal) {
        try self.check(input, "session.audio.input", allows: self.inputFields)
        try self.check(format: input["format"], "session.audio.input.format")
        if let transcription = input["transcription"], !transcription.isNull {
            try self.check(transcription, "session.audio.input.transcription", allows: self.transcriptionFields)
        }
        if let detection = input["turn_detection"], !detection.isNull {
            let path = "session.audio.input.turn_detection"
            switch detection["type"]?.string {
            case "server_vad": try self.check(detection, path, allows: self.serverVADFields)
            case "semantic_vad": try self.check(detection, path, allows: self.semanticVADFields)
            default: throw .invalid(path + ".type", "expected 'server_vad' or 'semantic_vad'")
            }
        }
        if let reduction = input["noise_reduction"], !reduction.isNull,
            !["near_field", "far_field"].contains(reduction["type"]?.string)
        {
            throw .invalid("session.audio.input.noise_reduction.type", "expected 'near_field' or 'far_field'")
        }
    }

    private static func check(tool: StandInJSON) throws(ModelConversation.Refusal) {
        switch tool["type"]?.string {
        case "function":
            try self.check(tool, "session.tools", allows: self.toolFields)
            guard tool["name"]?.string?.isEmpty == false else { throw .missing("session.tools.name") }
        case "mcp": break
        default: throw .invalid("session.tools.type", "expected 'function' or 'mcp'")
        }
    }

    /// mu-law and A-law have no rate; linear PCM has only 24000.
    ///
    /// A-law is valid, but this stand-in does not speak it.
    private static func check(format: StandInJSON?, _ path: String) throws(ModelConversation.Refusal) {
        guard let format else { return }
        guard RealtimeSession.format(format) != nil else {
            throw .invalid(path, "expected audio/pcmu, or audio/pcm at rate 24000")
        }
    }

    private static func check(
        _ object: StandInJSON,
        _ path: String,
        allows fields: Set<String>
    ) throws(ModelConversation.Refusal) {
        guard object.members != nil else { throw .invalid(path, "expected an object") }
        for name in object.keys where !fields.contains(name) { throw .unknown("\(path).\(name)") }
    }
}
