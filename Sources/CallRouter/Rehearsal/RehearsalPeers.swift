import NIOCore
import Wire

/// The caller of the rehearsed call: speaks, hears the answer, is asked to drop it, and hangs up after the next one.
final class RehearsalCaller: WebSocketDelegate {
    private let callID: String
    private var wasCleared = false

    init(callID: String) { self.callID = callID }

    /// 20 ms of silence.
    static let silence = String(repeating: "/", count: 213) + "w=="

    static let media =
        #"{"event":"media","sequenceNumber":"2","streamSid":"MZ0","media":{"track":"inbound","chunk":"1","timestamp":"5","#
        + #""payload":"\#(silence)"}}"#

    static func messages(callID: String) -> [String] {
        [
            #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
            #"{"event":"start","sequenceNumber":"1","streamSid":"MZ0","start":{"streamSid":"MZ0","callSid":"CA0","#
                + #""accountSid":"AC0","tracks":["inbound"],"customParameters":{"callId":"\#(callID)"},"#
                + #""mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
            self.media, self.media,
        ]
    }

    static let stop =
        #"{"event":"stop","sequenceNumber":"9","streamSid":"MZ0","stop":{"accountSid":"AC0","callSid":"CA0"}}"#

    func begin(_ handler: WebSocketHandler) {
        for message in Self.messages(callID: self.callID) { handler.send(text: message) }
        handler.flush()
    }

    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
        let message = String(buffer: text)
        if message.contains(#""event":"clear""#) { self.wasCleared = true }
        guard message.contains(#""event":"mark""#) else { return }
        // What was played is told; a mark that was cleared comes back as well.
        handler.send(text: message)
        handler.send(text: Self.media)
        if self.wasCleared { handler.send(text: Self.stop) }
        handler.flush()
    }

    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {}
    func webSocketReadComplete(_ handler: WebSocketHandler) {}
    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {}
    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) {}
}

/// The voice model of the rehearsed call: greets, hears the caller interrupt, and answers.
final class RehearsalModel: WebSocketDelegate {
    private var hasGreeted = false

    static let created = #"{"type":"session.created","event_id":"e0","session":{"type":"realtime","id":"s"}}"#
    static let updated =
        #"{"type":"session.updated","event_id":"e1","session":{"type":"realtime","id":"s","audio":{"#
        + #""input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcmu"}}}}}"#

    static let greeting = RehearsalModel.answer("r1", item: "i1", text: "Good day.")
    static let interruption = [
        #"{"type":"input_audio_buffer.speech_started","event_id":"e2","audio_start_ms":0,"item_id":"i2"}"#,
        #"{"type":"input_audio_buffer.speech_stopped","event_id":"e3","audio_end_ms":40,"item_id":"i2"}"#,
        #"{"type":"input_audio_buffer.committed","event_id":"e4","previous_item_id":"i1","item_id":"i2"}"#,
        #"{"type":"conversation.item.added","event_id":"e5","previous_item_id":"i1","item":{"id":"i2","type":"message","#
            + #""status":"completed","role":"user","content":[{"type":"input_audio","transcript":null}]}}"#,
        #"{"type":"conversation.item.input_audio_transcription.completed","event_id":"e6","item_id":"i2","#
            + #""content_index":0,"transcript":"Hello.","usage":{"type":"tokens","total_tokens":2,"input_tokens":1,"#
            + #""output_tokens":1,"input_token_details":{"text_tokens":0,"audio_tokens":1}}}"#,
    ]
    static let reply = RehearsalModel.answer("r2", item: "i3", text: "How can I help?")

    private static func answer(_ response: String, item: String, text: String) -> [String] {
        let place = #""response_id":"\#(response)","item_id":"\#(item)","output_index":0,"content_index":0"#
        return [
            #"{"type":"response.created","event_id":"a0","response":{"id":"\#(response)","status":"in_progress","output":[]}}"#,
            #"{"type":"conversation.item.added","event_id":"a1","previous_item_id":null,"item":{"id":"\#(item)","#
                + #""type":"message","status":"in_progress","role":"assistant","content":[]}}"#,
            #"{"type":"response.output_audio.delta","event_id":"a2",\#(place),"delta":"\#(RehearsalCaller.silence)"}"#,
            #"{"type":"response.output_audio_transcript.delta","event_id":"a3",\#(place),"delta":"\#(text)"}"#,
            #"{"type":"response.output_audio.done","event_id":"a4",\#(place)}"#,
            #"{"type":"response.output_audio_transcript.done","event_id":"a5",\#(place),"transcript":"\#(text)"}"#,
            #"{"type":"response.done","event_id":"a6","response":{"id":"\#(response)","status":"completed","output":[],"#
                + #""usage":{"total_tokens":2,"input_tokens":1,"output_tokens":1}}}"#,
        ]
    }

    func begin(_ handler: WebSocketHandler) { self.send([Self.created], on: handler) }

    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
        let message = String(buffer: text)
        if message.contains(#""type":"session.update""#) { return self.send([Self.updated], on: handler) }
        guard message.contains(#""type":"response.create""#), !self.hasGreeted else { return }
        self.hasGreeted = true
        self.send(Self.greeting + Self.interruption + Self.reply, on: handler)
    }

    private func send(_ messages: [String], on handler: WebSocketHandler) {
        for message in messages { handler.send(text: message) }
        handler.flush()
    }

    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {}
    func webSocketReadComplete(_ handler: WebSocketHandler) {}
    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {}
    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) {}
}
