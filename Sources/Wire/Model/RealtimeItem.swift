/// An item of the conversation as `conversation.item.added` and a response's `output` carry it.
struct RealtimeItem: Decodable {
    let item: ModelItem

    private enum Key: String, CodingKey { case id, type, role }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: .type)
        let kind: ModelItem.Kind =
            switch type {
            case "message": try Self.message(fields)
            case "function_call": .functionCall
            case "function_call_output": .functionCallOutput
            default: .other(type)
            }
        self.item = ModelItem(id: try fields.decode(String.self, forKey: .id), kind: kind)
    }

    private static func message(_ fields: KeyedDecodingContainer<Key>) throws -> ModelItem.Kind {
        let role = try fields.decode(String.self, forKey: .role)
        return ModelItem.Role(rawValue: role).map { .message(role: $0) } ?? .other("message of \(role)")
    }
}
