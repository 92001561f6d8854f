/// What the voice model says and does when it is its turn.
package struct ModelScript: Sendable {
    /// Decides one response.
    ///
    /// Must not block; the same turn always gets the same reply.
    package var reply: @Sendable (ModelTurn) -> ModelReply

    package init(reply: @escaping @Sendable (ModelTurn) -> ModelReply) {
        self.reply = reply
    }
}

/// Everything a script may look at when the model is to respond.
package struct ModelTurn: Sendable {
    package enum Cause: Sendable, Equatable {
        /// The client asked for a response.
        case requested
        /// The caller has finished a sentence.
        case callerSpoke
        /// Nobody spoke for the idle time.
        case idle
        /// Asked for outside of the conversation.
        case outOfBand
    }

    package var cause: Cause
    /// The conversation in order; for an out-of-band response with input of its own, that.
    package var history: [ConversationEntry]
    /// Instructions of the session.
    package var sessionInstructions: String
    /// Instructions of this response only.
    package var instructions: String?
    package var metadata: [String: String]
    /// The response is written, not spoken.
    package var isText = false
    /// Tools that may be called in this response.
    package var tools: [String]
    /// Responses of this connection before this one.
    package var responseIndex: Int
    /// Connections to this model before this one, over all calls.
    package var connectionIndex: Int

    /// The last thing the caller said, if nothing was said or answered since.
    package var callerText: String? {
        guard case .message(role: "user", let text) = self.history.last else { return nil }
        return text
    }

    /// The output of the tool that has just answered.
    package var toolOutput: (name: String, output: String)? {
        guard case .toolOutput(let name, let output) = self.history.last else { return nil }
        return (name, output)
    }

    /// The last thing the assistant said.
    package var assistantText: String? {
        for case .message(role: "assistant", let text) in self.history.reversed() { return text }
        return nil
    }
}

/// One entry of the conversation, as a script sees it.
package enum ConversationEntry: Sendable, Equatable {
    case message(role: String, text: String)
    case toolCall(name: String, arguments: String)
    case toolOutput(name: String, output: String)
}

/// What the model does in one response.
package struct ModelReply: Sendable {
    package enum Step: Sendable, Equatable {
        /// Speaks these words (writes them, in a text response).
        case say(String)
        /// Calls a tool. Properties that the tool requires and `arguments` lacks are made up by their type.
        case call(name: String, arguments: StandInJSON)
        /// Fails the response.
        case fail(code: String, message: String)
        /// Ends the response as cut by `max_output_tokens`, in the middle of what was begun.
        case incomplete
        /// Does nothing for a while.
        case pause(Duration)
    }

    package var steps: [Step]

    package init(_ steps: [Step]) {
        self.steps = steps
    }

    package static func say(_ line: SpeechLine) -> ModelReply { ModelReply([.say(line.text)]) }
}
