import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import StandIns
import Testing
import Wire

/// A client of the voice model, as small as it can be.
struct RealtimeClient {
    let socket: StandInSocket
    let log: Record<Log>

    struct Log: Sendable {
        var events: [StandInJSON] = []
        var close: SocketClose?

        func last(_ type: String) -> StandInJSON? { self.events.last { $0["type"]?.string == type } }
        func all(_ type: String) -> [StandInJSON] { self.events.filter { $0["type"]?.string == type } }
        var types: [String] { self.events.compactMap { $0["type"]?.string } }
    }

    static func connect(
        to model: StandInModel,
        key: String = "sk-stand-in",
        headers: [(name: String, value: String)] = [],
        path: String = "/v1/realtime?model=gpt-realtime-2.1"
    ) async throws -> RealtimeClient {
        guard case .opened(let socket, let log) = try await self.open(to: model, key: key, headers: headers, path: path)
        else {
            throw StandInTimeout(what: "an upgrade", after: .zero)
        }
        return RealtimeClient(socket: socket, log: log)
    }

    enum Opened {
        case opened(StandInSocket, Record<Log>)
        case refused(Int)
    }

    static func open(
        to model: StandInModel,
        key: String = "sk-stand-in",
        headers: [(name: String, value: String)] = [],
        path: String = "/v1/realtime?model=gpt-realtime-2.1"
    ) async throws -> Opened {
        let log = Record(Log())
        let port = try #require(model.url.split(separator: ":").last?.split(separator: "/").first.flatMap { Int($0) })
        let answer = try await SocketClient.connect(
            port: port,
            authority: "127.0.0.1",
            path: path,
            headers: [("Authorization", "Bearer \(key)")] + headers,
            on: MultiThreadedEventLoopGroup.singleton.next()
        ) { event in
            log.update { log in
                switch event {
                case .text(let text):
                    if let json = try? StandInJSON(parsing: text) { log.events.append(json) }
                case .binary: break
                case .closed(let close): log.close = close
                }
            }
        }
        return switch answer {
        case .opened(let socket): .opened(socket, log)
        case .refused(let status): .refused(Int(status.code))
        }
    }

    func send(_ json: StandInJSON) { self.socket.send(json) }

    /// The bytes of an audio delta.
    static func decode(_ text: String) -> [UInt8] { Data(base64Encoded: text).map { [UInt8]($0) } ?? [] }

    /// Configures the session as a telephone bridge does.
    func configure(
        tools: StandInJSON = [],
        detection: StandInJSON = ["type": "server_vad", "idle_timeout_ms": .null],
        format: StandInJSON = ["type": "audio/pcmu"]
    ) async throws {
        try await self.expect("session.created")
        self.send([
            "type": "session.update", "event_id": "c_1",
            "session": [
                "type": "realtime", "output_modalities": ["audio"], "instructions": "Be polite.",
                "audio": [
                    "input": [
                        "format": format, "transcription": ["model": "gpt-transcribe"], "turn_detection": detection,
                    ],
                    "output": ["format": format, "voice": "marin"],
                ],
                "tools": tools,
            ],
        ])
        try await self.expect("session.updated")
    }

    /// Appends mu-law frames, stamped as a caller's are.
    func append(_ clip: SpeechClip, format: AudioFormat = .pcmu, from sequence: UInt32 = 0) {
        for index in 0..<clip.frameCount {
            var frame = AudioBytes.convert(muLaw: Array(clip.muLaw[index * 160..<(index + 1) * 160]), to: format)
            let stamp = FrameStamp(
                source: 7,
                sequence: sequence + UInt32(index),
                line: clip.line?.number ?? 0,
                offset: UInt16(index)
            )
            stamp.write(to: &frame, format: format)
            self.send([
                "type": "input_audio_buffer.append", "audio": .string(Data(frame).base64EncodedString()),
            ])
        }
    }

    @discardableResult
    func expect(_ type: String, count: Int = 1) async throws -> StandInJSON {
        try await self.log.wait(for: "\(count) times \(type)") { log in
            let all = log.all(type)
            return all.count >= count ? all[count - 1] : nil
        }
    }
}

/// Runs `body` with a voice model and stops that afterwards.
func withModel<Value>(
    settings: ModelSettings = .quick,
    script: @escaping @Sendable (ModelTurn) -> ModelReply = { _ in .say(.greeting) },
    _ body: (StandInModel) async throws -> Value
) async throws -> Value {
    let model = try await StandInModel.start(settings: settings, script: ModelScript(reply: script))
    do {
        let value = try await body(model)
        await model.stop()
        return value
    } catch {
        await model.stop()
        throw error
    }
}

extension ModelSettings {
    /// Thinks and speaks as fast as it can.
    static var quick: ModelSettings {
        var settings = ModelSettings()
        settings.thinkingTime = .milliseconds(5)
        settings.pieceInterval = .milliseconds(1)
        settings.transcriptionDelay = .milliseconds(2)
        return settings
    }
}
