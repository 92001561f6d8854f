import Testing

@testable import Wire

@Suite struct ModelErrorClassTests {
    @Test(
        "an error event is classified by its code",
        arguments: [
            ("invalid_api_key", ModelErrorClass.fatal), ("beta_api_shape_disabled", .fatal),
            ("model_not_found", .fatal), ("insufficient_quota", .fatal), ("session_expired", .reconnect),
            ("rate_limit_exceeded", .backOff), ("conversation_already_has_active_response", .retryResponse),
            ("response_cancel_not_active", .logOnly), ("input_audio_buffer_commit_empty", .logOnly),
            ("invalid_value", .logOnly), ("unsupported_content_type", .logOnly), ("server_error", .logOnly),
            ("something_new", .logOnly),
        ]
    )
    func codes(code: String, expected: ModelErrorClass) {
        #expect(ModelErrorClass.of(ModelErrorInfo(type: "invalid_request_error", code: code, message: "")) == expected)
    }

    @Test("without a code the type decides, and without both an error is harmless")
    func types() {
        #expect(ModelErrorClass.of(ModelErrorInfo(type: "authentication_error", code: nil, message: "")) == .fatal)
        #expect(ModelErrorClass.of(ModelErrorInfo(type: "server_error", code: nil, message: "")) == .logOnly)
        #expect(ModelErrorClass.of(ModelErrorInfo(type: nil, code: nil, message: "")) == .logOnly)
    }

    @Test("a failed response backs off, ends the session or may be asked for again; any other end is no error")
    func responses() {
        func failed(_ code: String?) -> ModelErrorClass? {
            ModelErrorClass.of(
                ModelResponseResult(
                    id: "r",
                    status: .failed,
                    error: ModelErrorInfo(type: "server_error", code: code, message: "")
                )
            )
        }
        #expect(failed("rate_limit_exceeded") == .backOff)
        #expect(failed("insufficient_quota") == .fatal)
        #expect(failed("server_error") == .retryResponse)
        #expect(failed(nil) == .retryResponse)
        #expect(ModelErrorClass.of(ModelResponseResult(id: "r", status: .failed)) == .retryResponse)
        for status in [ModelResponseResult.Status.completed, .cancelled, .incomplete] {
            #expect(ModelErrorClass.of(ModelResponseResult(id: "r", status: status)) == nil)
        }
    }

    @Test(
        "a lost socket is opened again, unless OpenAI closed it for good",
        arguments: [
            (nil, "", ModelErrorClass.reconnect), (1000, "", .reconnect), (1001, "", .reconnect),
            (1006, "", .reconnect), (1011, "", .reconnect), (4000, "", .fatal),
            (4000, "invalid_request_error.beta_api_shape_disabled", .fatal),
            (4000, "invalid_request_error.session_expired", .reconnect),
            (1008, "invalid_request_error.invalid_api_key", .fatal), (1013, "rate_limit_exceeded", .backOff),
            (1011, "server_error", .reconnect), (1001, "conversation_already_has_active_response", .reconnect),
        ] as [(UInt16?, String, ModelErrorClass)]
    )
    func closes(code: UInt16?, reason: String, expected: ModelErrorClass) {
        #expect(ModelErrorClass.of(closeCode: code, reason: reason) == expected)
    }

    @Test("a refused upgrade is final, but for rate limits and faults of the server")
    func upgrades() {
        for status in [301, 400, 401, 403, 404, 426] { #expect(ModelErrorClass.of(upgradeStatus: status) == .fatal) }
        for status in [408, 425, 500, 502, 503, 599] {
            #expect(ModelErrorClass.of(upgradeStatus: status) == .reconnect)
        }
        #expect(ModelErrorClass.of(upgradeStatus: 429) == .backOff)
    }
}
