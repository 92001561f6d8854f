import ArgumentParser
import Foundation
import NIOCore
import Wire

/// `Benchmarks micro`: single operations of the media path.
struct MicroCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro",
        abstract: "Times single operations of the media path."
    )

    @Option(help: "Time spent on each operation, in milliseconds.")
    var milliseconds = 500

    @Flag(help: "One JSON object on standard output, nanoseconds by operation, and nothing else.")
    var json = false

    func run() throws {
        if !self.json { print(Machine.description) }
        var results: [String: Double] = [:]
        for operation in MicroOperation.all {
            let nanoseconds = self.time(operation.body)
            results[operation.name] = nanoseconds
            if !self.json {
                let padded = operation.name + String(repeating: " ", count: max(1, 52 - operation.name.count))
                print(padded + String(format: "%10.0f ns", nanoseconds))
            }
        }
        guard self.json else { return }
        let data = try JSONSerialization.data(withJSONObject: results, options: [.prettyPrinted, .sortedKeys])
        print(String(decoding: data, as: UTF8.self))
    }

    /// The best of the rounds that fit into the time: the least disturbed by whatever else the machine does.
    private func time(_ body: () -> Int) -> Double {
        let end = MonotonicTime.now + UInt64(self.milliseconds) * 1_000_000
        var best = Double.infinity
        var sum = 0
        repeat {
            let start = MonotonicTime.now
            for _ in 0..<1_000 { sum &+= body() }
            best = min(best, Double(MonotonicTime.now - start) / 1_000)
        } while MonotonicTime.now < end
        // Keeps the compiler from leaving the work out.
        if sum == Int.min { print(sum) }
        return best
    }
}

/// One operation that runs for each frame of audio, or could; gives a number that depends on its result.
struct MicroOperation {
    let name: String
    let body: () -> Int

    /// All of them, on 20 ms of µ-law: 160 bytes, 216 base64 characters.
    static var all: [MicroOperation] {
        var stamped: [UInt8] = []
        AudioStamp(call: 1, response: 2, sequence: 3).write(to: &stamped)
        let base64 = ByteBuffer(bytes: stamped)
        let audio = Base64.decode(base64) ?? ByteBuffer()
        let media = ByteBuffer(
            string: """
                {"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"20",\
                "payload":"\(String(buffer: base64))"}}
                """
        )
        let mark = ByteBuffer(string: #"{"event":"mark","streamSid":"STREAM1","mark":{"name":"m1"}}"#)
        let delta = ByteBuffer(bytes: ModelMessages.deltaPrefix(1) + stamped + ModelMessages.deltaSuffix)
        let control = ByteBuffer(bytes: ModelMessages.speechStarted(1, at: 20))
        let encoder = CarrierEncoder(streamSID: "7d56cc11-536d-4a45-b4fb-ed3d55be843b")
        let dialect = RealtimeDialect()
        let samples = G711.decodeMuLaw(audio)
        var server = WebSocketFrameBuilder(role: .server)
        var client = WebSocketFrameBuilder(role: .client)
        let frame = client.frame(.text, media)
        return [
            Self(name: "carrier media decoded (byte scan)") { (try? CarrierDecoder.decode(media)) == nil ? 0 : 1 },
            Self(name: "carrier mark decoded (JSON)") { (try? CarrierDecoder.decode(mark)) == nil ? 0 : 1 },
            Self(name: "model audio delta decoded (byte scan)") { (try? dialect.decode(delta)) == nil ? 0 : 1 },
            Self(name: "model speech_started decoded (JSON)") { (try? dialect.decode(control)) == nil ? 0 : 1 },
            Self(name: "carrier media encoded, with base64") { encoder.media(audio: audio).readableBytes },
            Self(name: "base64 encoded, 160 bytes") { Base64.encode(audio).readableBytes },
            Self(name: "base64 decoded, 216 characters") { Base64.decode(base64)?.readableBytes ?? 0 },
            Self(name: "µ-law decoded, 160 samples") { G711.decodeMuLaw(audio).count },
            Self(name: "µ-law encoded, 160 samples") { G711.encodeMuLaw(samples).readableBytes },
            Self(name: "WebSocket frame built, server, 330 bytes") { server.frame(.text, media).readableBytes },
            Self(name: "WebSocket frame built, client (masked)") { client.frame(.text, media).readableBytes },
            Self(name: "WebSocket frame parsed and unmasked, server") {
                var parser = WebSocketFrameParser(role: .server, maxMessageByteCount: 65_536)
                parser.append(frame)
                return parser.next() == nil ? 0 : 1
            },
        ]
    }
}
