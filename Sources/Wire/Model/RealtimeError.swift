/// The error object of an `error` event, a failed response or a failed transcription.
struct RealtimeError: Decodable {
    let info: ModelErrorInfo

    private enum Key: String, CodingKey {
        case type, code, message
        case eventID = "event_id"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        func text(_ key: Key) -> String? { (try? fields.decodeIfPresent(String.self, forKey: key)) ?? nil }
        self.info = ModelErrorInfo(
            type: text(.type),
            code: text(.code),
            message: text(.message) ?? "",
            eventID: text(.eventID)
        )
    }
}
