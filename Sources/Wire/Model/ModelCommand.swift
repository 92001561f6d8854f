/// What a call asks of its voice model, whatever the dialect; caller audio has a path of its own.
package enum ModelCommand: Sendable, Equatable {
    /// Configures the session; confirmed by ``ModelEvent/sessionUpdated(_:)``.
    case configure(ModelSessionSettings)
    /// Turns the model's own turn detection on (as first configured) or off, without touching anything else.
    case setTurnDetection(enabled: Bool)
    /// Adds an item at the end of the conversation.
    case createItem(ModelHistoryItem)
    /// Cuts an assistant item to what the caller heard, in milliseconds (`audioEnd` is never 0).
    case truncate(itemID: String, audioEnd: Duration)
    case deleteItem(itemID: String)
    case createResponse(ModelResponseRequest)
    /// Cancels the response with this identifier, or the active one.
    case cancelResponse(id: String?)
    /// Makes an item of the audio appended so far (only without turn detection).
    case commitAudio
    /// Throws away audio that was appended and not committed.
    case clearAudio
}

/// The configuration of a voice-model session.
package struct ModelSessionSettings: Sendable, Equatable {
    package var instructions: String
    package var voice: String
    package var format: AudioFormat
    package var transcriptionModel: String
    /// ISO 639-1, nil to let the transcription find out.
    package var language: String?
    package var tools: [ModelTool]
    /// Silence after which the model speaks by itself; nil turns it off.
    package var idleTimeout: Duration?
    package var maxOutputTokens: Int

    package init(
        instructions: String,
        voice: String,
        format: AudioFormat,
        transcriptionModel: String,
        language: String? = nil,
        tools: [ModelTool] = [],
        idleTimeout: Duration? = nil,
        maxOutputTokens: Int = 1024
    ) {
        self.instructions = instructions
        self.voice = voice
        self.format = format
        self.transcriptionModel = transcriptionModel
        self.language = language
        self.tools = tools
        self.idleTimeout = idleTimeout
        self.maxOutputTokens = maxOutputTokens
    }
}

/// A function that the model may call.
package struct ModelTool: Sendable, Equatable {
    package var name: String
    package var description: String
    /// A JSON Schema object.
    package var parameters: JSONDocument

    /// - Parameters:
    ///   - name: By which the model calls it.
    ///   - description: What it does, for the model.
    ///   - parameters: A JSON Schema object; anything else means that it takes no parameters.
    package init(name: String, description: String, parameters: JSONDocument) {
        self.name = name
        self.description = description
        if case .object = parameters {
            self.parameters = parameters
        } else {
            self.parameters = ["type": "object", "properties": [:]]
        }
    }

    /// Reads the schema from a text; one that is no JSON object means that the tool takes no parameters.
    package init(name: String, description: String, parameters: String) {
        self.init(name: name, description: description, parameters: JSONDocument(parsing: parameters) ?? .null)
    }
}

/// An item that we add to the conversation: replayed history, keys, a tool's answer.
package enum ModelHistoryItem: Sendable, Equatable {
    case message(id: String?, role: ModelItem.Role, text: String)
    case functionCall(id: String?, callID: String, name: String, arguments: String)
    case functionCallOutput(id: String?, callID: String, output: String)
}

/// A request for one response.
package struct ModelResponseRequest: Sendable, Equatable {
    package enum ToolChoice: String, Sendable { case auto, none, required }

    /// Replaces the session's instructions for this response only.
    package var instructions: String?
    /// Comes back in `responseCreated` and `responseDone`; at most 16 pairs.
    package var metadata: [String: String]
    package var toolChoice: ToolChoice?
    /// Out of band: may run beside the active response and leaves no trace in the conversation.
    package var outOfBand: Bool
    /// Text instead of audio.
    package var textOnly: Bool
    /// Input of an out-of-band response; nil takes the conversation.
    package var input: [ModelHistoryItem]?

    package init(
        instructions: String? = nil,
        metadata: [String: String] = [:],
        toolChoice: ToolChoice? = nil,
        outOfBand: Bool = false,
        textOnly: Bool = false,
        input: [ModelHistoryItem]? = nil
    ) {
        self.instructions = instructions
        self.metadata = metadata
        self.toolChoice = toolChoice
        self.outOfBand = outOfBand
        self.textOnly = textOnly
        self.input = input
    }
}
