import Foundation
import NIOCore
import NIOFoundationCompat

/// One server event of OpenAI's Realtime API, read by the JSON parser.
///
/// What a call needs of an event must be there, or the message is malformed; what is only nice to know (usage,
/// metadata, reasons) is left out where it is not as expected. Counts and times are held to bounds far above any real
/// session, so that no peer can make the arithmetic of a call overflow.
struct RealtimeMessage: Decodable {
    let event: ModelEvent

    static func decode(_ message: ByteBuffer) throws(ModelMessageError) -> ModelEvent {
        do {
            return try JSONDecoder().decode(RealtimeMessage.self, from: Data(message.readableBytesView)).event
        } catch let error as DecodingError {
            throw ModelMessageError(byteCount: message.readableBytes, reason: Self.reason(error))
        } catch {
            throw ModelMessageError(byteCount: message.readableBytes, reason: "not JSON")
        }
    }

    /// What is wrong, without a word of what the message says.
    private static func reason(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
            (path + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context.codingPath, key)) is missing"
        case .valueNotFound(_, let context): return "\(place(context.codingPath)) is null"
        case .typeMismatch(_, let context): return "\(place(context.codingPath)) has the wrong type"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: return "not JSON"
        case .dataCorrupted(let context): return "\(place(context.codingPath)) cannot be used"
        @unknown default: return "not readable"
        }
    }

    enum Key: String, CodingKey {
        case type, session, response, item, delta, transcript, text, name, arguments, usage, error
        case responseID = "response_id"
        case itemID = "item_id"
        case previousItemID = "previous_item_id"
        case callID = "call_id"
        case audioStart = "audio_start_ms"
        case audioEnd = "audio_end_ms"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: .type)
        self.event = try Self.event(type, Fields(container: fields))
    }

    private static func event(_ type: String, _ fields: Fields) throws -> ModelEvent {
        switch type {
        case "session.created": .sessionCreated(try fields.session())
        case "session.updated": .sessionUpdated(try fields.session())
        case "error": .error(try fields.error())
        case "response.created", "response.done", "response.output_audio.delta", "response.output_audio.done",
            "response.output_audio_transcript.delta", "response.output_audio_transcript.done",
            "response.output_text.done", "response.function_call_arguments.done":
            try Self.responseEvent(type, fields)
        case "input_audio_buffer.speech_started":
            .speechStarted(itemID: try fields.string(.itemID), audioStart: try fields.milliseconds(.audioStart))
        case "input_audio_buffer.speech_stopped":
            .speechStopped(itemID: try fields.string(.itemID), audioEnd: try fields.milliseconds(.audioEnd))
        case "input_audio_buffer.committed":
            .committed(itemID: try fields.string(.itemID), previousItemID: fields.optional(.previousItemID))
        case "input_audio_buffer.timeout_triggered": .idleTimeout(itemID: try fields.string(.itemID))
        case "conversation.item.added": try Self.itemAdded(fields)
        case "conversation.item.truncated":
            .truncated(itemID: try fields.string(.itemID), audioEnd: try fields.milliseconds(.audioEnd))
        case "conversation.item.deleted": .deleted(itemID: try fields.string(.itemID))
        case "conversation.item.input_audio_transcription.completed":
            .callerTranscript(
                itemID: try fields.string(.itemID),
                text: try fields.string(.transcript),
                usage: fields.usage()
            )
        case "conversation.item.input_audio_transcription.failed": try Self.transcriptionFailed(fields)
        default: .ignored(type: type)
        }
    }

    private static func responseEvent(_ type: String, _ fields: Fields) throws -> ModelEvent {
        if type == "response.created" { return try fields.container.decode(Created.self, forKey: .response).event }
        if type == "response.done" {
            return .responseDone(try fields.container.decode(RealtimeResponse.self, forKey: .response).result)
        }
        let responseID = try fields.string(.responseID)
        switch type {
        case "response.output_text.done": return .textDone(responseID: responseID, text: try fields.string(.text))
        case "response.function_call_arguments.done":
            return .functionCall(
                ModelFunctionCall(
                    responseID: responseID,
                    itemID: try fields.string(.itemID),
                    callID: try fields.string(.callID),
                    name: try fields.string(.name),
                    arguments: try fields.string(.arguments)
                )
            )
        default: break
        }
        let itemID = try fields.string(.itemID)
        switch type {
        case "response.output_audio.delta":
            return .audio(responseID: responseID, itemID: itemID, base64: try fields.base64(.delta))
        case "response.output_audio_transcript.delta":
            return .transcriptDelta(responseID: responseID, itemID: itemID, text: try fields.string(.delta))
        case "response.output_audio_transcript.done":
            return .transcriptDone(responseID: responseID, itemID: itemID, text: try fields.string(.transcript))
        default: return .audioDone(responseID: responseID, itemID: itemID)
        }
    }

    private static func itemAdded(_ fields: Fields) throws -> ModelEvent {
        let item = try fields.container.decode(RealtimeItem.self, forKey: .item)
        return .itemAdded(item.item, previousItemID: fields.optional(.previousItemID))
    }

    private static func transcriptionFailed(_ fields: Fields) throws -> ModelEvent {
        let error = try? fields.error()
        return .callerTranscriptFailed(
            itemID: try fields.string(.itemID),
            code: error?.code,
            message: error?.message ?? ""
        )
    }

    /// The members of `response.created` that count.
    private struct Created: Decodable {
        let event: ModelEvent

        enum Key: String, CodingKey { case id, metadata }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            let metadata = try? fields.decodeIfPresent(RealtimeMetadata.self, forKey: .metadata)
            self.event = .responseCreated(
                id: try fields.decode(String.self, forKey: .id),
                metadata: metadata?.pairs ?? [:]
            )
        }
    }
}

extension RealtimeMessage {
    /// The members of one event, by what they mean.
    struct Fields {
        let container: KeyedDecodingContainer<Key>

        func string(_ key: Key) throws -> String { try self.container.decode(String.self, forKey: key) }

        /// A member that may be absent or null; one of another type counts as absent.
        func optional(_ key: Key) -> String? {
            (try? self.container.decodeIfPresent(String.self, forKey: key)) ?? nil
        }

        func milliseconds(_ key: Key) throws -> Duration {
            .milliseconds(RealtimeNumber.milliseconds(try self.container.decode(Double.self, forKey: key)))
        }

        /// Base64 text; anything else throws.
        func base64(_ key: Key) throws -> ByteBuffer {
            let text = ByteBuffer(string: try self.string(key))
            guard text.withUnsafeReadableBytes(Base64Text.isValid) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: self.container,
                    debugDescription: "The audio is not base64."
                )
            }
            return text
        }

        func session() throws -> ModelSessionInfo {
            try self.container.decode(RealtimeSession.self, forKey: .session).info
        }

        func error() throws -> ModelErrorInfo {
            try self.container.decode(RealtimeError.self, forKey: .error).info
        }

        func usage() -> ModelUsage? {
            (try? self.container.decodeIfPresent(RealtimeUsage.self, forKey: .usage))?.usage
        }
    }
}
