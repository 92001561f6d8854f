import Foundation

/// The messages that a voice model sends to the router, in the shapes of OpenAI's Realtime API.
enum ModelMessages {
    static let sessionCreated = bytes(#"{"type":"session.created","event_id":"e1","session":\#(session)}"#)
    static let sessionUpdated = bytes(#"{"type":"session.updated","event_id":"e2","session":\#(session)}"#)
    static let activeResponseError = bytes(
        """
        {"type":"error","event_id":"e3","error":{"type":"invalid_request_error",\
        "code":"conversation_already_has_active_response","message":"A response is active.","param":null,"event_id":null}}
        """
    )

    private static let session = """
        {"type":"realtime","object":"realtime.session","id":"sess_1","model":"gpt-realtime-2.1",\
        "output_modalities":["audio"],"audio":{"input":{"format":{"type":"audio/pcmu"},"turn_detection":\
        {"type":"server_vad","threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":500,\
        "create_response":true,"interrupt_response":true}},"output":{"format":{"type":"audio/pcmu"},"voice":"marin"}}}
        """

    static func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

    /// What opens a spoken response: it exists, and its message is part of the conversation.
    static func responseStart(_ number: Int, metadata: String) -> [[UInt8]] {
        [
            #"{"type":"response.created","event_id":"e4","response":\#(response(number, "in_progress", metadata))}"#,
            """
            {"type":"response.output_item.added","event_id":"e5","response_id":"resp_\(number)","output_index":0,\
            "item":\(item(number, "in_progress"))}
            """,
            """
            {"type":"conversation.item.added","event_id":"e6","previous_item_id":null,\
            "item":\(item(number, "in_progress"))}
            """,
            """
            {"type":"response.content_part.added","event_id":"e7","response_id":"resp_\(number)",\
            "item_id":"item_\(number)","output_index":0,"content_index":0,"part":{"type":"audio","transcript":""}}
            """,
        ].map(bytes)
    }

    /// What ends a response, after its last audio; `status` is `completed` or `cancelled`.
    static func responseEnd(_ number: Int, status: String, metadata: String) -> [[UInt8]] {
        [
            """
            {"type":"response.output_audio.done","event_id":"e8","response_id":"resp_\(number)",\
            "item_id":"item_\(number)","output_index":0,"content_index":0}
            """,
            """
            {"type":"response.output_audio_transcript.done","event_id":"e9","response_id":"resp_\(number)",\
            "item_id":"item_\(number)","output_index":0,"content_index":0,"transcript":"Reply \(number)."}
            """,
            """
            {"type":"response.output_item.done","event_id":"e10","response_id":"resp_\(number)","output_index":0,\
            "item":\(item(number, status == "completed" ? "completed" : "incomplete"))}
            """,
            #"{"type":"response.done","event_id":"e11","response":\#(response(number, status, metadata))}"#,
        ].map(bytes)
    }

    /// The audio of a response up to its payload; ``deltaSuffix`` closes it.
    static func deltaPrefix(_ number: Int) -> [UInt8] {
        bytes(
            """
            {"type":"response.output_audio.delta","event_id":"e12","response_id":"resp_\(number)",\
            "item_id":"item_\(number)","output_index":0,"content_index":0,"delta":"
            """
        )
    }

    static let deltaSuffix = bytes(#""}"#)

    static func speechStarted(_ number: Int, at milliseconds: Int) -> [UInt8] {
        bytes(
            """
            {"type":"input_audio_buffer.speech_started","event_id":"e13","audio_start_ms":\(milliseconds),\
            "item_id":"user_\(number)"}
            """
        )
    }

    /// The caller has finished: the audio becomes an item of the conversation.
    static func speechEnd(_ number: Int, at milliseconds: Int) -> [[UInt8]] {
        [
            """
            {"type":"input_audio_buffer.speech_stopped","event_id":"e14","audio_end_ms":\(milliseconds),\
            "item_id":"user_\(number)"}
            """,
            """
            {"type":"input_audio_buffer.committed","event_id":"e15","previous_item_id":"item_\(number)",\
            "item_id":"user_\(number)"}
            """,
        ].map(bytes)
    }

    private static func item(_ number: Int, _ status: String) -> String {
        """
        {"id":"item_\(number)","object":"realtime.item","type":"message","status":"\(status)","role":"assistant",\
        "content":[]}
        """
    }

    private static func response(_ number: Int, _ status: String, _ metadata: String) -> String {
        let details = status == "cancelled" ? #"{"type":"cancelled","reason":"turn_detected"}"# : "null"
        return """
            {"object":"realtime.response","id":"resp_\(number)","status":"\(status)","status_details":\(details),\
            "output":[],"conversation_id":"conv_1","output_modalities":["audio"],"usage":null,"metadata":\(metadata)}
            """
    }
}
