/// The voice model's part in the scenarios: what it answers to what it hears.
///
/// It decides by the conversation alone, as a model does, so that it goes on after a reconnect with nothing but the
/// replayed history.
package enum Dialogue {
    /// The script of every scenario.
    package static let script = ModelScript { turn in Self.reply(to: turn) }

    package static func reply(to turn: ModelTurn) -> ModelReply {
        if turn.cause == .outOfBand { return self.outOfBand(turn) }
        if let reply = self.instructed(turn) { return reply }
        if let output = turn.toolOutput { return self.react(to: output, turn) }
        if let text = turn.callerText { return self.answer(to: text) }
        if turn.cause == .idle { return .say(.stillThere) }
        return .say(turn.assistantText == nil ? .greeting : .pardon)
    }

    /// What the caller said gets the answer that belongs to the line it is most like.
    private static func answer(to text: String) -> ModelReply {
        switch self.line(like: text) {
        case .callerProblem: .say(.offer)
        case .callerAccepts: .say(.booked)
        case .callerDone: self.hangUp(saying: .goodbye, reason: "goal_achieved")
        case .callerHours: .say(.hours)
        case .callerInterrupts: .say(.correction)
        case .callerPrice:
            ModelReply([
                .call(
                    name: "consult_reasoner",
                    arguments: ["situation": "The caller asks for a discount.", "question": "What may I offer?"]
                )
            ])
        case .callerDeclines: self.hangUp(saying: .goodbye, reason: "declined")
        case .callerOptOut: self.hangUp(saying: .goodbye, reason: "do_not_call")
        case .callerTellMore: .say(.story)
        case .callerHuman:
            ModelReply([
                .say(SpeechLine.connecting.text),
                .call(name: "transfer_call", arguments: ["reason": "The caller asks for a person."]),
            ])
        // A machine is left alone: the message after the tone is not for the model to speak.
        case .machineGreeting, .machineShort: ModelReply([.call(name: "end_call", arguments: ["reason": "voicemail"])])
        default: .say(.pardon)
        }
    }

    private static func hangUp(saying line: SpeechLine, reason: String) -> ModelReply {
        ModelReply([.say(line.text), .call(name: "end_call", arguments: ["reason": .string(reason)])])
    }

    private static func react(to tool: (name: String, output: String), _ turn: ModelTurn) -> ModelReply {
        switch tool.name {
        case "end_call":
            // The goodbye was said before the call; a conversation that goes on is answered.
            return turn.assistantText == SpeechLine.goodbye.text ? ModelReply([]) : .say(.goodbye)
        case "consult_reasoner":
            // Output that is no JSON is the fallback's sentence.
            let json = try? StandInJSON(parsing: tool.output)
            let advice = json?["advice"]?.string ?? json?.members?.lazy.compactMap(\.value.string).first
            // Only advice that can be spoken; anything else is the fallback's "continue with the standard script".
            guard let advice, SpeechLine(text: advice) != nil else { return .say(.pardon) }
            return ModelReply([.say(advice)])
        case "transfer_call":
            let text = tool.output.lowercased()
            let isRefused = ["error", "fail", "nobody", "no answer", "cannot", "not_allowed", "unanswered", "busy"]
                .contains { text.contains($0) }
            // While the transfer is under way there is nothing to say: that was done before it.
            return isRefused ? .say(.unreachable) : ModelReply([])
        case "send_keypad": return ModelReply([])
        default: return .say(.pardon)
        }
    }

    /// A response that was asked for with instructions of its own.
    private static func instructed(_ turn: ModelTurn) -> ModelReply? {
        guard let instructions = turn.instructions else { return nil }
        if let text = self.quoted(in: instructions) { return ModelReply([.say(text)]) }
        switch turn.metadata["purpose"] {
        case "greeting": return .say(.greeting)
        case "goodbye": return .say(.timeUp)
        case "filler": return .say(.checking)
        case "voicemail": return .say(.voicemailMessage)
        case "transfer_failed": return .say(.unreachable)
        default: break
        }
        let text = instructions.lowercased()
        let rules: [(words: [String], line: SpeechLine)] = [
            (["nobody answered", "nobody could", "not answered", "transfer failed"], .unreachable),
            (["mailbox", "voicemail", "after the tone"], .voicemailMessage), (["must end", "time is up"], .timeUp),
            (["goodbye"], .goodbye), (["one moment", "filler"], .checking),
            (["greet", "just been connected"], .greeting),
        ]
        return rules.first { rule in rule.words.contains { text.contains($0) } }.map { .say($0.line) }
    }

    /// The text between two lines of dashes, which is to be said word for word.
    private static func quoted(in instructions: String) -> String? {
        let parts = instructions.split(separator: "--------\n", omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return nil }
        let text = parts[1].split(separator: "--------")[0].split(whereSeparator: \.isNewline).joined(separator: " ")
        // Facts stand between dashes too; those are not to be said.
        let isVerbatim = parts[0].lowercased().contains("word for word")
        return text.isEmpty || !isVerbatim ? nil : text
    }

    /// Out of band the model speaks what it is told, such as the message for a mailbox, or is asked about the call.
    private static func outOfBand(_ turn: ModelTurn) -> ModelReply {
        guard !turn.isText, let reply = self.instructed(turn) else { return self.classify(turn) }
        return reply
    }

    /// Out of band the model is asked whether a machine is on the line.
    private static func classify(_ turn: ModelTurn) -> ModelReply {
        let words = turn.history.map { entry in
            if case .message(_, let text) = entry { text.lowercased() } else { "" }
        }
        let isMachine = words.contains { $0.contains("after the tone") || $0.contains("leave a message") }
        return ModelReply([.say(isMachine ? "VOICEMAIL" : "HUMAN")])
    }

    /// The line of the caller that shares most words with `text`: at least half of the words heard, and two of them.
    private static func line(like text: String) -> SpeechLine? {
        let heard = Self.words(text)
        guard !heard.isEmpty else { return nil }
        let candidates = SpeechLine.allCases.filter { $0.isOfCaller }.map { line in
            (line: line, shared: Self.words(line.text).intersection(heard).count)
        }
        guard let best = candidates.max(by: { $0.shared < $1.shared }) else { return nil }
        return best.shared * 2 >= heard.count && best.shared >= min(2, heard.count) ? best.line : nil
    }

    private static func words(_ text: String) -> Set<Substring> {
        Set(text.lowercased().split { !$0.isLetter && $0 != "'" })
    }
}
