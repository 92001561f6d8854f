import NIOHTTP1

/// What the Messages API accepts of a request today; what it rejects is its reason.
enum ClaudeRequestRules {
    private static let fields: Set<String> = [
        "model", "max_tokens", "messages", "system", "stream", "tools", "tool_choice", "output_config", "thinking",
        "cache_control", "service_tier", "speed", "stop_sequences", "metadata", "inference_geo", "container",
    ]

    /// - Returns: The message of the 400, or nil for a request that is all right.
    static func complaint(about json: StandInJSON, headers: HTTPHeaders) -> String? {
        guard headers.first(name: "anthropic-version") == "2023-06-01" else {
            return "anthropic-version: header is required"
        }
        guard headers.first(name: "content-type")?.hasPrefix("application/json") == true else {
            return "content-type: expected application/json"
        }
        for name in json.keys where !Self.fields.contains(name) { return "\(name): Extra inputs are not permitted" }
        guard json["model"]?.string?.isEmpty == false else { return "model: Field required" }
        guard let limit = json["max_tokens"]?.int, limit >= 0 else { return "max_tokens: Field required" }
        guard let messages = json["messages"]?.array, !messages.isEmpty else { return "messages: Field required" }
        guard messages.first?["role"]?.string == "user" else { return "messages: first message must use the user role" }
        guard messages.last?["role"]?.string != "assistant" else { return "messages: prefill is not supported" }
        for message in messages {
            guard ["user", "assistant"].contains(message["role"]?.string) else { return "messages: unexpected role" }
            if let text = message["content"]?.string, text.isEmpty { return "messages: content must not be empty" }
            guard message["content"]?.string != nil || message["content"]?.array != nil else {
                return "messages: content is required"
            }
        }
        guard let format = json["output_config"]?["format"], !format.isNull else { return nil }
        guard format["type"]?.string == "json_schema", let schema = format["schema"] else {
            return "output_config.format: expected a json_schema"
        }
        return Self.complaint(aboutSchema: schema)
    }

    private static func complaint(aboutSchema schema: StandInJSON) -> String? {
        guard schema["type"]?.string == "object" else { return nil }
        guard schema["additionalProperties"] == false else {
            return "output_config.format.schema: additionalProperties must be false for every object"
        }
        for member in schema["properties"]?.members ?? [] {
            if let complaint = Self.complaint(aboutSchema: member.value) { return complaint }
        }
        return nil
    }
}
