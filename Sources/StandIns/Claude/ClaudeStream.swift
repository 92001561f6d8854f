import NIOCore

/// The server-sent events of one streamed answer, in the order of the Messages API.
struct ClaudeStream {
    /// How the answer ends, where not as it should.
    enum End { case normal, refusal, cut, errorEvent, abort }

    private(set) var steps: [LoopbackResponse.Step] = []

    /// Waits for `delay` before the first block, which is a thinking block where the model `thinks`.
    init(text: String, model: String, id: Int, inputTokens: Int, delay: Duration, thinks: Bool, end: End) {
        self.event(
            "message_start",
            [
                "type": "message_start",
                "message": [
                    "id": .string("msg_\(id)"), "type": "message", "role": "assistant", "model": .string(model),
                    "content": [], "stop_reason": .null, "stop_sequence": .null,
                    "usage": [
                        "input_tokens": StandInJSON(inputTokens), "cache_creation_input_tokens": 0,
                        "cache_read_input_tokens": 0, "output_tokens": 1, "service_tier": "standard",
                    ],
                ],
            ]
        )
        self.event("ping", ["type": "ping"])
        self.steps.append(.pause(delay))
        if thinks { self.thinking() }
        let words = text.split(separator: " ")
        let index: StandInJSON = thinks ? 1 : 0
        let said = end == .normal ? words[...] : words.prefix(end == .refusal ? 0 : words.count / 2)
        self.block(index, said)
        switch end {
        case .abort:
            self.steps.append(.abort)
            return
        case .errorEvent:
            self.event(
                "error",
                [
                    "type": "error", "error": ["type": "overloaded_error", "message": "Overloaded"],
                    "request_id": .string("req_\(id)"),
                ]
            )
            return
        case .normal, .refusal, .cut: break
        }
        let reason: StandInJSON = end == .refusal ? "refusal" : end == .cut ? "max_tokens" : "end_turn"
        self.event(
            "message_delta",
            [
                "type": "message_delta", "delta": ["stop_reason": reason, "stop_sequence": .null],
                "usage": ["output_tokens": StandInJSON(max(1, said.count * 4 / 3))],
            ]
        )
        self.event("message_stop", ["type": "message_stop"])
    }

    private mutating func thinking() {
        self.event(
            "content_block_start",
            [
                "type": "content_block_start", "index": 0,
                "content_block": ["type": "thinking", "thinking": "", "signature": ""],
            ]
        )
        self.event(
            "content_block_delta",
            [
                "type": "content_block_delta", "index": 0,
                "delta": ["type": "thinking_delta", "thinking": "The caller wants an answer."],
            ]
        )
        self.event(
            "content_block_delta",
            [
                "type": "content_block_delta", "index": 0,
                "delta": ["type": "signature_delta", "signature": "EqQBCgIYAhIM"],
            ]
        )
        self.event("content_block_stop", ["type": "content_block_stop", "index": 0])
    }

    /// A text block in pieces of a few words.
    private mutating func block(_ index: StandInJSON, _ words: ArraySlice<Substring>) {
        self.event(
            "content_block_start",
            [
                "type": "content_block_start", "index": index, "content_block": ["type": "text", "text": ""],
            ]
        )
        var rest = words
        var isFirst = true
        while !rest.isEmpty {
            let piece = (isFirst ? "" : " ") + rest.prefix(4).joined(separator: " ")
            self.event(
                "content_block_delta",
                [
                    "type": "content_block_delta", "index": index,
                    "delta": ["type": "text_delta", "text": .string(piece)],
                ]
            )
            rest = rest.dropFirst(4)
            isFirst = false
        }
        self.event("content_block_stop", ["type": "content_block_stop", "index": index])
    }

    private mutating func event(_ name: String, _ data: StandInJSON) {
        self.steps.append(.bytes(ByteBuffer(string: "event: \(name)\ndata: \(data.text)\n\n")))
    }
}
