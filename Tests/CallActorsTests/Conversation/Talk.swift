import Foundation
import Wire

@testable import CallActors

/// A conversation under test, with the events of a model and a caller at hand.
struct Talk {
    var conversation: Conversation
    var isSilent = true
    private var date = Date(timeIntervalSince1970: 1_800_000_000)

    init(transcript: Transcript = Transcript(), mailbox: MailboxWatch? = nil) {
        self.conversation = Conversation(script: .sample, transcript: transcript, mailbox: mailbox)
    }

    /// The model is ready, has greeted, and was heard.
    static func greeted() -> Talk {
        var talk = Talk()
        talk.tell(.modelReady)
        talk.answer("greet", item: "hello", "Hello, how can I help?")
        return talk
    }

    @discardableResult
    mutating func tell(_ event: Conversation.Event) -> [Conversation.Action] {
        self.date += 0.1
        return self.conversation.handle(event, at: Conversation.Moment(date: self.date, isSilent: self.isSilent))
    }

    @discardableResult
    mutating func model(_ event: ModelEvent) -> [Conversation.Action] { self.tell(.model(event)) }

    // MARK: - What a model says

    @discardableResult
    mutating func create(_ response: String, metadata: [String: String] = [:]) -> [Conversation.Action] {
        self.model(.responseCreated(id: response, metadata: metadata))
    }

    /// One message of a response, with all of its words and some of its sound.
    @discardableResult
    mutating func say(_ words: String, in response: String, item: String, after previous: String? = nil)
        -> [Conversation.Action]
    {
        self.model(.itemAdded(ModelItem(id: item, kind: .message(role: .assistant)), previousItemID: previous))
        self.model(.transcriptDelta(responseID: response, itemID: item, text: words))
        self.tell(.audioBegan(responseID: response, itemID: item))
        return self.model(.transcriptDone(responseID: response, itemID: item, text: words))
    }

    @discardableResult
    mutating func done(
        _ response: String,
        _ status: ModelResponseResult.Status = .completed,
        error: ModelErrorInfo? = nil,
        usage: ModelUsage? = nil
    ) -> [Conversation.Action] {
        self.model(.responseDone(ModelResponseResult(id: response, status: status, error: error, usage: usage)))
    }

    /// A whole response of one message.
    @discardableResult
    mutating func answer(_ response: String, item: String, _ words: String) -> [Conversation.Action] {
        self.create(response) + self.say(words, in: response, item: item) + self.done(response)
    }

    @discardableResult
    mutating func call(_ name: String, _ arguments: String = "{}", id: String = "call", in response: String)
        -> [Conversation.Action]
    {
        self.model(
            .functionCall(
                ModelFunctionCall(
                    responseID: response,
                    itemID: "item_\(id)",
                    callID: id,
                    name: name,
                    arguments: arguments
                )
            )
        )
    }

    // MARK: - What a caller does

    @discardableResult
    mutating func interrupt(_ item: String, cuts: [Playout.Cut] = []) -> [Conversation.Action] {
        self.tell(.callerSpoke(itemID: item, cuts: cuts))
    }

    /// A whole turn of the caller: speaks, stops, is transcribed.
    @discardableResult
    mutating func callerSays(_ words: String, item: String, after previous: String? = nil) -> [Conversation.Action] {
        self.interrupt(item) + self.model(.speechStopped(itemID: item, audioEnd: .zero))
            + self.model(.committed(itemID: item, previousItemID: previous))
            + self.model(.callerTranscript(itemID: item, text: words, usage: nil))
    }

    static func cut(
        _ item: String,
        of response: String,
        heard: Int,
        received: Int = 4000,
        isComplete: Bool = false
    ) -> Playout.Cut {
        Playout.Cut(
            responseID: response,
            itemID: item,
            heard: .milliseconds(heard),
            received: .milliseconds(received),
            wasComplete: isComplete
        )
    }

    var words: [String] { self.conversation.transcript.lines.map(\.content) }
}

extension [Conversation.Action] {
    var commands: [ModelCommand] {
        self.compactMap { if case .send(let command, _) = $0 { command } else { nil } }
    }

    /// The responses that are asked for, by their instructions.
    var requests: [String?] {
        self.commands.compactMap { if case .createResponse(let request) = $0 { request.instructions } else { nil } }
    }

    var items: [ModelHistoryItem] {
        self.commands.compactMap { if case .createItem(let item) = $0 { item } else { nil } }
    }

    /// What tool calls are answered, by their identifier.
    var outputs: [String: String] {
        var outputs: [String: String] = [:]
        for case .functionCallOutput(_, let callID, let output) in self.items { outputs[callID] = output }
        return outputs
    }

    var end: EndReason? {
        for case .end(let reason) in self { return reason }
        return nil
    }

    /// The identifier of the event that asks for a response.
    var requestEventID: String? {
        for case .send(.createResponse, let eventID) in self { return eventID }
        return nil
    }
}
