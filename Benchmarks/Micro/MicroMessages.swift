import NIOCore
import Wire

/// One 20 ms frame, and the messages in which it travels.
enum MicroMessages {
    /// 160 bytes of µ-law: a ramp, so that no two neighbours are alike.
    static let frame = ByteBuffer(bytes: (0..<160).map { UInt8(truncatingIfNeeded: 0x60 + $0 * 7) })
    static let base64 = Base64.encode(Self.frame)
    /// The carrier's message.
    static let media = ByteBuffer(
        string: """
            {"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"20",\
            "payload":"\(String(buffer: Self.base64))"}}
            """
    )
    static let mark = ByteBuffer(string: #"{"event":"mark","streamSid":"STREAM1","mark":{"name":"m1"}}"#)
    static let start = ByteBuffer(string: #"{"event":"start","start":{"callSid":"MICRO1","streamSid":"STREAM1"}}"#)

    // MARK: - The voice model

    static let sessionCreated = Self.session("created")
    static let sessionUpdated = Self.session("updated")
    /// A spoken response exists, and its message is part of the conversation.
    static let responseStart = [
        """
        {"type":"response.created","event_id":"e4","response":{"object":"realtime.response","id":"\(Self.responseID)",\
        "status":"in_progress","status_details":null,"output":[],"conversation_id":"conv_1",\
        "output_modalities":["audio"],"usage":null,"metadata":null}}
        """,
        """
        {"type":"response.output_item.added","event_id":"e5","response_id":"\(Self.responseID)","output_index":0,\
        "item":\(Self.item)}
        """,
        #"{"type":"conversation.item.added","event_id":"e6","previous_item_id":null,"item":\#(Self.item)}"#,
    ].map { ByteBuffer(string: $0) }
    static let speechStarted = ByteBuffer(
        string: """
            {"type":"input_audio_buffer.speech_started","event_id":"e13","audio_start_ms":20,"item_id":"user_1"}
            """
    )

    /// Audio of the response.
    static func delta(_ base64: ByteBuffer) -> ByteBuffer {
        ByteBuffer(
            string: """
                {"type":"response.output_audio.delta","event_id":"e12","response_id":"\(Self.responseID)","item_id":"\(Self.itemID)",\
                "output_index":0,"content_index":0,"delta":"\(String(buffer: base64))"}
                """
        )
    }

    // As long as the API's own: an identifier of up to 15 bytes would cost Swift no memory.
    private static let responseID = "resp_C9dGJpZ2VudGxlc29tZUlE"
    private static let itemID = "item_C9dGJvdGhlcmdlbnRsZUlE"

    private static let item = """
        {"id":"\(Self.itemID)","object":"realtime.item","type":"message","status":"in_progress","role":"assistant",\
        "content":[]}
        """

    private static func session(_ what: String) -> ByteBuffer {
        ByteBuffer(
            string: """
                {"type":"session.\(what)","event_id":"e1","session":{"type":"realtime","object":"realtime.session",\
                "id":"sess_1","model":"gpt-realtime-2.1","output_modalities":["audio"],"audio":{"input":{"format":\
                {"type":"audio/pcmu"},"turn_detection":{"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,\
                "silence_duration_ms":500,"create_response":true,"interrupt_response":true}},"output":{"format":\
                {"type":"audio/pcmu"},"voice":"marin"}}}}
                """
        )
    }
}
