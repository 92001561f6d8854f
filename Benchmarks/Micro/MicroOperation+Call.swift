import CallActors
import Foundation
import NIOCore
import Wire

/// What a call decides about a frame.
extension MicroOperation {
    /// The playout with its clock, the conversation, and the ear for mailboxes.
    static var call: [MicroOperation] {
        let long = ByteBuffer(repeating: 0x7E, count: 15 * AudioFormat.pcmu.frameByteCount)
        return [
            Self.playout(
                "playout and its clock: delta of 20 ms, sent at once",
                MicroMessages.frame,
                frames: 1,
                allowed: 0
            ),
            Self.playout("playout and its clock: delta of 300 ms, paced", long, frames: 15, allowed: 0),
            Self.conversationStep,
            Self.conversationTurn,
            Self.ear,
        ]
    }

    /// One delta into the playout, out of it as time passes, and its mark back.
    private static func playout(
        _ name: String,
        _ audio: ByteBuffer,
        frames: Int,
        allowed: Double
    ) -> MicroOperation {
        var playout = Playout(format: .pcmu)
        var now = ContinuousClock.now
        return Self(name, allowed: allowed) {
            playout.enqueue(responseID: "resp_1", itemID: "item_1", audio: audio, at: now)
            var sent = 0
            let end = now + .milliseconds(20 * frames)
            while true {
                switch playout.next(at: now) {
                case .audio(let chunk, let mark, _):
                    sent += chunk.readableBytes
                    if let mark { playout.markReturned(mark, at: now) }
                case .mark(let mark): playout.markReturned(mark, at: now)
                case .wait(let until): now = until
                case .idle:
                    // The next delta comes when this one has been spoken.
                    now = max(now, end)
                    return sent
                }
            }
        }
    }

    /// The smallest step of a conversation: something that changes nothing.
    private static var conversationStep: MicroOperation {
        var conversation = Self.greeted
        let moment = Conversation.Moment(date: Date(), isSilent: true)
        let event = Conversation.Event.model(.ignored(type: "rate_limits.updated"))
        return Self("conversation: a step of no interest", allowed: 0) {
            1 + conversation.handle(event, at: moment).count
        }
    }

    /// The caller speaks and is answered, from a conversation that has greeted.
    private static var conversationTurn: MicroOperation {
        let greeted = Self.greeted
        let moment = Conversation.Moment(date: Date(), isSilent: true)
        let events = Self.caller("user_1", "What does it cost?") + Self.answer("resp_2", "item_2", "Ninety dollars.")
        return Self("conversation: a turn of \(events.count) steps", allowed: 18) {
            var conversation = greeted
            return events.reduce(0) { $0 + conversation.handle($1, at: moment).count }
        }
    }

    /// A frame listened to for a beep, while a mailbox is possible.
    private static var ear: MicroOperation {
        guard var ear = LineEar(format: .pcmu) else { return Self("frame listened to for a beep", allowed: 0) { 0 } }
        return Self("frame listened to for a beep", allowed: 0) {
            var heard = 1
            ear.hear(base64: MicroMessages.base64) { _ in heard += 1 }
            return heard
        }
    }

    // MARK: - A conversation

    private static var greeted: Conversation {
        var conversation = Conversation(script: Self.script)
        let moment = Conversation.Moment(date: Date(), isSilent: true)
        _ = conversation.handle(.modelReady, at: moment)
        for event in Self.answer("resp_1", "item_1", "Hello, how can I help?") {
            _ = conversation.handle(event, at: moment)
        }
        return conversation
    }

    private static func caller(_ item: String, _ words: String) -> [Conversation.Event] {
        [
            .callerSpoke(itemID: item, cuts: []),
            .model(.speechStopped(itemID: item, audioEnd: .seconds(2))),
            .model(.committed(itemID: item, previousItemID: "item_1")),
            .model(.itemAdded(ModelItem(id: item, kind: .message(role: .user)), previousItemID: "item_1")),
            .model(.callerTranscript(itemID: item, text: words, usage: nil)),
        ]
    }

    private static func answer(_ response: String, _ item: String, _ words: String) -> [Conversation.Event] {
        [
            .model(.responseCreated(id: response, metadata: [:])),
            .model(.itemAdded(ModelItem(id: item, kind: .message(role: .assistant)), previousItemID: nil)),
            .audioBegan(responseID: response, itemID: item),
            .model(.transcriptDelta(responseID: response, itemID: item, text: words)),
            .model(.transcriptDone(responseID: response, itemID: item, text: words)),
            .model(.responseDone(ModelResponseResult(id: response, status: .completed))),
        ]
    }

    private static let script = ConversationScript(
        instructions: "You answer the telephone.",
        greeting: "Greet the caller.",
        goodbyes: [:],
        farewell: "Say goodbye.",
        filler: "Say that you are looking it up.",
        withdrawnConsultation: "withdrawn",
        withdrawnHangUp: "withdrawn",
        historyPreamble: "What was said before:",
        tools: [],
        voicemailMessage: "Leave a message."
    )
}
