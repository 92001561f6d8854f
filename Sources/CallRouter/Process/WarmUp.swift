import CallActors
import Foundation
import NIOCore
import Wire

/// Does once, before the router is ready, what the beginning of every call does on its event loop.
///
/// The first use of a part makes the runtime build its tables and the kernel read its code. The first caller after a
/// deploy shall not wait for that, and neither shall the calls on the same loop.
enum WarmUp {
    /// Words a call of each direction, writes its session for the voice model, and reads the first messages of both sides.
    static func run(script: CallScript, dialect: any ModelDialect) {
        for direction in [CallRecord.Direction.inbound, .outbound] {
            var record = CallRecord(callID: "warm-up", direction: direction, status: .inProgress, createdAt: Date())
            record.objective = "none"
            record.context = [PromptContextKey.businessName.rawValue: "none", "other": "none"]
            let texts = script.make(for: record, tools: CallTools())
            let session = ModelSessionSettings(
                instructions: texts.instructions,
                voice: "none",
                format: .pcmu,
                transcriptionModel: "none",
                tools: texts.tools
            )
            _ = dialect.encode(.configure(session), eventID: "warm-up")
            _ = dialect.encode(.createResponse(ModelResponseRequest(instructions: texts.greeting)), eventID: "warm-up")
        }
        // Only that they are read counts; a test holds that they can be.
        for message in Self.carrierMessages { _ = try? CarrierDecoder.decode(ByteBuffer(string: message)) }
        var recent = RecentIdentifiers()
        // As above.
        for message in Self.modelMessages { _ = try? dialect.decode(ByteBuffer(string: message), reusing: &recent) }
    }

    static let carrierMessages = [
        #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
        #"{"event":"start","sequenceNumber":"1","streamSid":"s","start":{"streamSid":"s","callSid":"c","accountSid":"a","#
            + #""tracks":["inbound"],"customParameters":{"callId":"c"},"#
            + #""mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
        #"{"event":"media","streamSid":"s","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"//8="}}"#,
        #"{"event":"mark","streamSid":"s","mark":{"name":"m"}}"#,
        #"{"event":"stop","streamSid":"s","stop":{"accountSid":"a","callSid":"c"}}"#,
    ]

    static let modelMessages = [
        #"{"type":"session.updated","event_id":"e","session":{"type":"realtime","id":"s","expires_at":1,"#
            + #""audio":{"input":{"format":{"type":"audio/pcmu"}},"output":{"format":{"type":"audio/pcmu"}}}}}"#,
        #"{"type":"response.created","event_id":"e","response":{"id":"r","status":"in_progress","output":[]}}"#,
        #"{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"#
            + #""content_index":0,"delta":"//8="}"#,
        #"{"type":"response.done","event_id":"e","response":{"id":"r","status":"completed","output":[],"#
            + #""usage":{"total_tokens":2,"input_tokens":1,"output_tokens":1}}}"#,
    ]
}
