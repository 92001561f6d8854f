import StandIns
import Testing

@Suite struct ModelFaultTests {
    private func settings(_ faults: [ModelFaults.Fault]) -> ModelSettings {
        var settings = ModelSettings.quick
        settings.faults.faults = faults
        return settings
    }

    @Test("the socket is dropped after the scripted number of frames, without a close frame")
    func drops() async throws {
        let settings = self.settings([ModelFaults.Fault(.connections(0..<1), at: .appendedFrames(10), .drop)])
        try await withModel(settings: settings) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.append(Murmur.silence(milliseconds: 400))
            let close = try await client.log.wait(for: "the drop") { $0.close }
            #expect(close.code == nil)
            #expect(model.connections.current.first?.record.current.frameCount == 10)
            let second = try await RealtimeClient.connect(to: model)
            try await second.configure()
            second.append(Murmur.silence(milliseconds: 400))
            second.send(["type": "input_audio_buffer.clear"])
            try await second.expect("input_audio_buffer.cleared")
        }
    }

    @Test("a session expires with an error and close code 1001")
    func expires() async throws {
        try await withModel(settings: self.settings([ModelFaults.Fault(at: .configured, .expire)])) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            let close = try await client.log.wait(for: "the close") { $0.close }
            #expect(close.code == 1001)
            #expect(client.log.current.last("error")?["error"]?["code"] == "session_expired")
        }
    }

    @Test("a fault that happens once per call happens on the first connection of each call, and on no other")
    func oncePerCall() async throws {
        let settings = self.settings([
            ModelFaults.Fault(.oncePerCall, at: .appendedFrames(5), .close(code: 1011, reason: "on purpose"))
        ])
        try await withModel(settings: settings) { model in
            for _ in 0..<2 {
                let client = try await RealtimeClient.connect(to: model)
                try await client.configure()
                client.append(Murmur.silence(milliseconds: 200))
                client.send(["type": "input_audio_buffer.clear"])
                try await client.log.wait(for: "an end") {
                    $0.close != nil || $0.last("input_audio_buffer.cleared") != nil ? () : nil
                }
            }
            let codes = model.connections.current.map { $0.record.current.sent("input_audio_buffer.cleared").count }
            #expect(codes[1] == 1)
            #expect(model.connections.current[1].record.current.close == nil)
        }
    }

    @Test("errors and broken messages leave the session open")
    func noise() async throws {
        let settings = self.settings([
            ModelFaults.Fault(
                at: .appendedFrames(1),
                .error(type: "server_error", code: "server_error", message: "Oops.")
            ),
            ModelFaults.Fault(at: .appendedFrames(2), .send("{not json")),
            ModelFaults.Fault(at: .appendedFrames(3), .send("{\"type\":\"of.the.future\"}")),
        ])
        try await withModel(settings: settings) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.append(Murmur.silence(milliseconds: 100))
            try await client.expect("of.the.future")
            #expect(client.log.current.last("error")?["error"]?["code"] == "server_error")
            client.send(["type": "response.create"])
            try await client.expect("response.done")
        }
    }
}
