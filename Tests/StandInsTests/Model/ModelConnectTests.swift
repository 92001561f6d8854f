import NIOCore
import StandIns
import Testing

@Suite struct ModelConnectTests {
    @Test("a wrong key is refused with 401, another path with 404 and a missing model with 400")
    func refusals() async throws {
        try await withModel { model in
            let cases: [(key: String, path: String, status: Int)] = [
                ("sk-wrong", "/v1/realtime?model=m", 401), ("sk-stand-in", "/v1/other?model=m", 404),
                ("sk-stand-in", "/v1/realtime", 400),
            ]
            for (key, path, status) in cases {
                guard case .refused(let got) = try await RealtimeClient.open(to: model, key: key, path: path) else {
                    Issue.record("\(path) was upgraded")
                    continue
                }
                #expect(got == status)
            }
            #expect(model.refusedStatuses.current == [401, 404, 400])
            #expect(model.connections.current.isEmpty)
        }
    }

    @Test("scripted refusals come first, then upgrades are accepted")
    func scriptedRefusals() async throws {
        var settings = ModelSettings.quick
        settings.faults.refusals = [503, 429]
        try await withModel(settings: settings) { model in
            for status in [503, 429] {
                guard case .refused(status) = try await RealtimeClient.open(to: model) else {
                    Issue.record("not refused with \(status)")
                    continue
                }
            }
            let client = try await RealtimeClient.connect(to: model)
            try await client.expect("session.created")
        }
    }

    @Test("the header of the beta API is answered with an error and close code 4000")
    func betaHeader() async throws {
        try await withModel { model in
            let client = try await RealtimeClient.connect(to: model, headers: [("OpenAI-Beta", "realtime=v1")])
            let close = try await client.log.wait(for: "the close") { $0.close }
            #expect(close.code == 4000)
            #expect(close.reason == "invalid_request_error.beta_api_shape_disabled")
            #expect(client.log.current.last("error")?["error"]?["code"] == "beta_api_shape_disabled")
            #expect(client.log.current.last("session.created") == nil)
        }
    }

    @Test("fields of the beta API, a missing type and a wrong format are refused, and change nothing")
    func badSessions() async throws {
        try await withModel { model in
            let client = try await RealtimeClient.connect(to: model)
            let created = try await client.expect("session.created")
            let bad: [StandInJSON] = [
                [:], ["type": "realtime", "temperature": 0.8], ["type": "realtime", "voice": "marin"],
                ["type": "realtime", "output_modalities": ["audio", "text"]],
                ["type": "realtime", "audio": ["input": ["format": ["type": "audio/pcmu", "rate": 8000]]]],
                ["type": "realtime", "audio": ["output": ["format": "g711_ulaw"]]],
                ["type": "realtime", "tools": [["type": "function", "function": ["name": "x"]]]],
                ["type": "realtime", "max_output_tokens": 0],
            ]
            for session in bad { client.send(["type": "session.update", "session": session]) }
            try await client.expect("error", count: bad.count)
            #expect(client.log.current.last("session.updated") == nil)
            client.send(["type": "session.update", "session": ["type": "realtime"]])
            let updated = try await client.expect("session.updated")
            #expect(updated["session"] == created["session"])
        }
    }

    @Test("a partial update keeps what it does not mention")
    func partialUpdate() async throws {
        try await withModel { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send([
                "type": "session.update",
                "session": ["type": "realtime", "audio": ["input": ["turn_detection": .null]]],
            ])
            let session = try await client.expect("session.updated", count: 2)["session"]
            #expect(session?["audio"]?["input"]?["turn_detection"] == .null)
            #expect(session?["audio"]?["input"]?["format"] == ["type": "audio/pcmu"])
            #expect(session?["audio"]?["output"]?["voice"] == "marin")
            #expect(session?["instructions"] == "Be polite.")
        }
    }

    @Test("unmasked and binary frames of a client are noticed")
    func violations() async throws {
        try await withModel { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.expect("session.created")
            client.socket.send(binary: .init(string: "x"))
            client.send(["type": "no.such.event"])
            try await client.expect("error")
            let connection = try #require(model.connections.current.first)
            let violations = try await connection.record.wait(for: "two violations") { record in
                record.violations.count == 2 ? record.violations : nil
            }
            #expect(violations[0].contains("binary"))
            #expect(violations[1].contains("no.such.event"))
        }
    }
}
