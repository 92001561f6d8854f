/// Items as the Realtime API writes and reads them.
extension ModelConversation.Item {
    /// The item as a server event shows it.
    package var json: StandInJSON {
        let status: StandInJSON = self.isComplete ? "completed" : "incomplete"
        return self.json(status: status)
    }

    /// The item as it is announced before it has any content.
    package var announcement: StandInJSON {
        switch self.content {
        case .message(let role, _):
            [
                "id": .string(self.id), "object": "realtime.item", "type": "message", "status": "in_progress",
                "role": .string(role), "content": [],
            ]
        case .functionCall(let callID, let name, _):
            [
                "id": .string(self.id), "object": "realtime.item", "type": "function_call", "status": "in_progress",
                "call_id": .string(callID), "name": .string(name), "arguments": "",
            ]
        case .functionCallOutput: self.json
        }
    }

    private func json(status: StandInJSON) -> StandInJSON {
        switch self.content {
        case .message(let role, let parts):
            [
                "id": .string(self.id), "object": "realtime.item", "type": "message", "status": status,
                "role": .string(role), "content": .array(parts.map(\.json)),
            ]
        case .functionCall(let callID, let name, let arguments):
            [
                "id": .string(self.id), "object": "realtime.item", "type": "function_call", "status": status,
                "call_id": .string(callID), "name": .string(name), "arguments": .string(arguments),
            ]
        case .functionCallOutput(let callID, let output):
            [
                "id": .string(self.id), "object": "realtime.item", "type": "function_call_output", "status": status,
                "call_id": .string(callID), "output": .string(output),
            ]
        }
    }

    /// Reads an item that a client wants to add, as strictly as the API does.
    ///
    /// `generatedID` is its identifier where the client chose none.
    package init(reading json: StandInJSON?, generatedID: String) throws(ModelConversation.Refusal) {
        guard let json, let type = json["type"]?.string else {
            throw .missing("item.type")
        }
        let id = json["id"]?.string ?? generatedID
        guard id.utf8.count <= 32, !id.isEmpty else {
            throw .invalid("item.id", "string too long. Expected a string with maximum length 32")
        }
        self.id = id
        switch type {
        case "message": self.content = try Self.message(json)
        case "function_call":
            guard let callID = json["call_id"]?.string else { throw .missing("item.call_id") }
            guard let name = json["name"]?.string else { throw .missing("item.name") }
            guard let arguments = json["arguments"]?.string else { throw .missing("item.arguments") }
            self.content = .functionCall(callID: callID, name: name, arguments: arguments)
        case "function_call_output":
            guard let callID = json["call_id"]?.string else { throw .missing("item.call_id") }
            guard let output = json["output"]?.string else { throw .missing("item.output") }
            self.content = .functionCallOutput(callID: callID, output: output)
        default: throw .invalid("item.type", "unknown item type '\(type)'")
        }
    }

    private static func message(_ json: StandInJSON) throws(ModelConversation.Refusal) -> Content {
        guard let role = json["role"]?.string else { throw .missing("item.role") }
        guard let parts = json["content"]?.array else { throw .missing("item.content") }
        var read: [Part] = []
        for part in parts {
            let text = part["text"]?.string
            switch (role, part["type"]?.string, text) {
            case ("user", "input_text", let text?), ("system", "input_text", let text?): read.append(.inputText(text))
            case ("assistant", "output_text", let text?): read.append(.outputText(text))
            case ("user", "input_audio", _) where part["audio"]?.string != nil:
                read.append(.inputAudio(heard: part["transcript"]?.string ?? "", transcript: nil))
            default:
                throw .invalid("item.content", "part type '\(part["type"]?.string ?? "?")' is not allowed for \(role)")
            }
        }
        return .message(role: role, parts: read)
    }
}

extension ModelConversation.Item.Part {
    fileprivate var json: StandInJSON {
        switch self {
        case .inputText(let text): ["type": "input_text", "text": .string(text)]
        case .inputAudio(_, let transcript): ["type": "input_audio", "transcript": StandInJSON(transcript)]
        case .outputText(let text): ["type": "output_text", "text": .string(text)]
        case .outputAudio(let transcript): ["type": "output_audio", "transcript": .string(transcript)]
        }
    }
}

extension ModelConversation.Refusal {
    static func missing(_ param: String) -> Self {
        Self(code: "missing_required_parameter", message: "Missing required parameter: '\(param)'.", param: param)
    }

    static func invalid(_ param: String, _ why: String) -> Self {
        Self(code: "invalid_value", message: "Invalid '\(param)': \(why).", param: param)
    }

    static func unknown(_ param: String) -> Self {
        Self(code: "unknown_parameter", message: "Unknown parameter: '\(param)'.", param: param)
    }
}
