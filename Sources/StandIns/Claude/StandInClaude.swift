import NIOCore
import NIOHTTP1
import NIOPosix

/// Claude on loopback: the Messages API for questions during a call and for summaries after it, and the models' pages.
///
/// A request with an output format is a summary, any other one a question; both may be streamed or not.
package final class StandInClaude: Sendable {
    /// What it was asked so far.
    package let record: Record<ClaudeRecord>
    private let server: LoopbackServer

    private init(server: LoopbackServer, record: Record<ClaudeRecord>) {
        self.server = server
        self.record = record
    }

    /// Starts the stand-in on a free port of 127.0.0.1.
    package static func start(
        settings: ClaudeSettings = ClaudeSettings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> StandInClaude {
        let record = Record(ClaudeRecord())
        let answerer = ClaudeAnswerer(settings: settings, record: record)
        let server = try await LoopbackServer.start(
            group: group,
            behaviour: LoopbackServer.Behaviour(respond: { answerer.answer(to: $0) })
        )
        return StandInClaude(server: server, record: record)
    }

    /// What goes into `ANTHROPIC_BASE_URL`.
    package var url: String { "http://127.0.0.1:\(self.server.port)" }

    /// Drops every connection and closes the port.
    package func stop() async {
        await self.server.stop()
    }
}

/// Decides about one request after the other.
private struct ClaudeAnswerer: Sendable {
    let settings: ClaudeSettings
    let record: Record<ClaudeRecord>

    func answer(to request: LoopbackRequest) -> LoopbackResponse {
        guard request.headers.first(name: "x-api-key") == self.settings.apiKey else {
            return self.refuse(request, 401, "authentication_error", "invalid x-api-key")
        }
        if request.method == .GET, request.path.hasPrefix("/v1/models/") {
            return .json(self.model(String(request.path.dropFirst("/v1/models/".count))))
        }
        guard request.method == .POST, request.path == "/v1/messages" else {
            return self.refuse(request, 404, "not_found_error", "no such path")
        }
        // Where in the body it is wrong, the real API does not say either.
        guard let json = try? StandInJSON(parsing: request.body) else {
            return self.refuse(request, 400, "invalid_request_error", "the body is not JSON")
        }
        if let complaint = ClaudeRequestRules.complaint(about: json, headers: request.headers) {
            return self.refuse(request, 400, "invalid_request_error", complaint)
        }
        return self.message(json)
    }

    private func message(_ json: StandInJSON) -> LoopbackResponse {
        let schema = json["output_config"]?["format"]?["schema"]
        let kind: ClaudeSettings.Kind = schema == nil ? .reasoning : .summary
        let (trouble, id) = self.record.update { record in
            let trouble = self.trouble(of: kind, number: record.requests(kind).count)
            record.requests.append(ClaudeRecord.Request(kind: kind, json: json, at: .now, trouble: trouble))
            return (trouble, record.requests.count)
        }
        if case .status(let status) = trouble {
            return Self.error(status, Self.errorType(status), "Trouble on purpose.")
        }
        if trouble == .hang { return LoopbackResponse(status: .ok, steps: [.hang], delay: .seconds(3600)) }
        var text = schema.map { SummaryRule(transcript: Self.text(of: json)).answer(schema: $0).text }
        if trouble == .malformed { text = "{\"unexpected\":true" }
        let end: ClaudeStream.End =
            switch trouble {
            case .refusal: .refusal
            case .cut: .cut
            case .abort: .abort
            case .errorEvent: .errorEvent
            case nil, .status, .hang, .malformed: .normal
            }
        let stream = ClaudeStream(
            text: text ?? self.settings.advice,
            model: json["model"]?.string ?? "",
            id: id,
            inputTokens: max(1, Self.text(of: json).count / 4),
            delay: self.settings.delay,
            thinks: self.settings.thinks && json["thinking"]?["type"]?.string != "disabled",
            end: end
        )
        guard json["stream"]?.bool == true else {
            return self.whole(text ?? self.settings.advice, json, id: id, end: end)
        }
        return LoopbackResponse(
            status: .ok,
            headers: ["Content-Type": "text/event-stream; charset=utf-8", "request-id": "req_\(id)"],
            steps: stream.steps
        )
    }

    /// The answer as one message object.
    private func whole(_ text: String, _ json: StandInJSON, id: Int, end: ClaudeStream.End) -> LoopbackResponse {
        if end == .errorEvent { return Self.error(529, "overloaded_error", "Overloaded") }
        let words = text.count / 4
        let said = end == .refusal ? "" : end == .cut ? String(text.prefix(text.count / 2)) : text
        var content: [StandInJSON] = said.isEmpty ? [] : [["type": "text", "text": .string(said)]]
        if self.settings.thinks, json["thinking"]?["type"]?.string != "disabled" {
            content.insert(["type": "thinking", "thinking": "", "signature": "EqQBCgIYAhIM"], at: 0)
        }
        let reason: StandInJSON = end == .refusal ? "refusal" : end == .cut ? "max_tokens" : "end_turn"
        var response = LoopbackResponse.json(
            [
                "id": .string("msg_\(id)"), "type": "message", "role": "assistant", "model": json["model"] ?? "",
                "content": .array(content), "stop_reason": reason, "stop_sequence": .null, "stop_details": .null,
                "usage": [
                    "input_tokens": StandInJSON(max(1, Self.text(of: json).count / 4)),
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0, "output_tokens": StandInJSON(max(1, words)),
                ],
            ],
            headers: ["request-id": "req_\(id)"]
        )
        response.delay = self.settings.delay
        if end == .abort { response.steps.insert(.abort, at: 0) }
        return response
    }

    private func trouble(of kind: ClaudeSettings.Kind, number: Int) -> ClaudeSettings.Trouble? {
        let scripted = kind == .reasoning ? self.settings.reasoningTroubles : self.settings.summaryTroubles
        if number < scripted.count { return scripted[number] }
        guard let permanent = self.settings.permanentTrouble, permanent.kind == kind else { return nil }
        return permanent.trouble
    }

    private func model(_ id: String) -> StandInJSON {
        [
            "type": "model", "id": .string(id), "display_name": .string(id), "created_at": "2026-10-07T00:00:00Z",
            "lifecycle": "active", "retires_at": .null,
            "capabilities": ["thinking": true, "effort": true, "structured_outputs": true],
        ]
    }

    private func refuse(_ request: LoopbackRequest, _ status: Int, _ type: String, _ message: String)
        -> LoopbackResponse
    {
        self.record.update { $0.refused.append("\(request.method) \(request.path) \(status): \(message)") }
        return Self.error(status, type, message)
    }

    private static func error(_ status: Int, _ type: String, _ message: String) -> LoopbackResponse {
        .json(
            [
                "type": "error", "error": ["type": .string(type), "message": .string(message)],
                "request_id": "req_refused",
            ],
            status: HTTPResponseStatus(statusCode: status),
            headers: status == 429 ? ["retry-after": "1"] : [:]
        )
    }

    private static func errorType(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    /// All text of the messages.
    private static func text(of json: StandInJSON) -> String {
        (json["messages"]?.array ?? []).map { message in
            if let text = message["content"]?.string { return text }
            return (message["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
