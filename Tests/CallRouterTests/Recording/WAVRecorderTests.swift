import Dispatch
import Foundation
import Logging
import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite struct WAVRecorderTests {
    private typealias Support = RecordingTestSupport

    @Test("a call becomes a stereo file: left the caller, right the assistant")
    func stereo() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("recordings/call.wav")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            let caller = Support.muLaw(1000, milliseconds: 20)
            let assistant = Support.muLaw(-4000, milliseconds: 500)
            for frame in 0..<100 { recorder.caller(base64: Base64.encode(caller.audio), at: .milliseconds(frame * 20)) }
            recorder.assistant(audio: assistant.audio, at: .milliseconds(400))
            recorder.finish()
            let outcome = await recorder.finished()
            #expect(outcome == WAVRecorder.Outcome(duration: .seconds(2), droppedByteCount: 0, error: nil))
            let recording = try #require(Support.Recording(url))
            #expect(recording.header == WAVHeader(sampleRate: 8000, channels: 2, dataByteCount: 64_000))
            #expect(recording.caller == [Int16](repeating: caller.sample, count: 16_000))
            #expect(
                recording.assistant
                    == [Int16](repeating: 0, count: 3200) + [Int16](repeating: assistant.sample, count: 4000)
                    + [Int16](repeating: 0, count: 8800)
            )
        }
    }

    @Test("linear audio is recorded as it is, at its own rate", arguments: [16_000, 24_000])
    func linear(rate: Int) async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let format = AudioFormat.l16(rate: rate)
            let recorder = WAVRecorder.open(url: url, format: format, logger: Support.logger())
            let caller = Tone.sine(frequency: 440, duration: .seconds(6), sampleRate: rate)
            let assistant = Tone.sine(frequency: 1200, duration: .seconds(6), sampleRate: rate)
            let size = rate / 50
            for frame in 0..<300 {
                let piece = frame * size..<(frame + 1) * size
                recorder.caller(
                    base64: Base64.encode(format.audio(of: Array(caller[piece]))),
                    at: .milliseconds(frame * 20)
                )
                recorder.assistant(audio: format.audio(of: Array(assistant[piece])), at: .milliseconds(frame * 20))
            }
            recorder.finish()
            await recorder.finished()
            let recording = try #require(Support.Recording(url))
            #expect(recording.header.sampleRate == rate)
            #expect(recording.caller == caller)
            #expect(recording.assistant == assistant)
        }
    }

    @Test("a call at 24 kHz over a line at 16 kHz is recorded at the line's rate, both sides alike")
    func lineRate() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let format = AudioFormat.l16(rate: 24_000)
            let tone = Tone.sine(frequency: 1000, duration: .seconds(4), sampleRate: 24_000)
            // In two goes, as of two streams of a call.
            for _ in 0..<2 {
                let recorder = WAVRecorder.open(url: url, format: format, sampleRate: 16_000, logger: Support.logger())
                for frame in 0..<200 {
                    let audio = format.audio(of: Array(tone[frame * 480..<(frame + 1) * 480]))
                    recorder.caller(base64: Base64.encode(audio), at: .milliseconds(frame * 20))
                    recorder.assistant(audio: audio, at: .milliseconds(frame * 20))
                }
                recorder.finish()
                #expect(await recorder.finished().error == nil)
            }
            let recording = try #require(Support.Recording(url))
            #expect(recording.header == WAVHeader(sampleRate: 16_000, channels: 2, dataByteCount: 8 * 16_000 * 4))
            #expect(recording.caller == recording.assistant)
            let second = recording.caller[16_000..<32_000]
            let goertzel = Goertzel(frequency: 1000, sampleRate: 16_000)
            #expect(goertzel.share(of: second) > 0.999)
            #expect(abs(goertzel.power(second) - 32_000_000) < 320_000, "half of the peak's square")
        }
    }

    @Test("a process that dies leaves a valid file with all but the last seconds")
    func crash() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            let caller = Support.muLaw(1000, milliseconds: 20)
            var lengths: Set<Int> = []
            for frame in 0..<600 {
                recorder.caller(base64: Base64.encode(caller.audio), at: .milliseconds(frame * 20))
                guard frame.isMultiple(of: 50) else { continue }
                await recorder.flushed()
                let recording = try #require(Support.Recording(url), "not a valid file after \(frame) frames")
                #expect(recording.caller.count >= (frame + 1) * 160 - 4 * 8000)
                #expect(recording.caller.allSatisfy { $0 == caller.sample })
                lengths.insert(recording.caller.count)
            }
            #expect(lengths.count > 6, "the file must grow while the call goes on")
        }
    }

    @Test("the file is written while the call goes on, without anybody asking")
    func writesByItself() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let queue = DispatchQueue(label: "test")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger(), queue: queue)
            let audio = Base64.encode(Support.muLaw(1000, milliseconds: 20).audio)
            for frame in 0..<500 { recorder.caller(base64: audio, at: .milliseconds(frame * 20)) }
            await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
            #expect((Support.Recording(url)?.caller.count ?? 0) >= 4 * 8000)
            recorder.finish()
            await recorder.finished()
        }
    }

    @Test("what was cut off is not in the recording")
    func cut() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            let first = Support.muLaw(3000, milliseconds: 2000)
            let second = Support.muLaw(-500, milliseconds: 100)
            recorder.assistant(audio: first.audio, at: .zero)
            await recorder.flushed()
            recorder.cutAssistant(at: .milliseconds(700))
            recorder.assistant(audio: second.audio, at: .milliseconds(1000))
            recorder.finish()
            await recorder.finished()
            let recording = try #require(Support.Recording(url))
            let expected =
                [Int16](repeating: first.sample, count: 5600) + [Int16](repeating: 0, count: 2400)
                + [Int16](repeating: second.sample, count: 800)
            #expect(recording.assistant == expected)
        }
    }

    @Test("a second stream of the call goes on in the same file, also after a crash in the middle of a write")
    func append() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let first = Support.muLaw(1000, milliseconds: 100)
            let second = Support.muLaw(2000, milliseconds: 100)
            for audio in [first.audio, second.audio] {
                let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
                recorder.caller(base64: Base64.encode(audio), at: .zero)
                recorder.finish()
            }
            let handle = try await Self.last(url)
            // A crash between samples and header: the length on disk is right, the header behind it.
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([9, 0, 9, 0, 9, 0, 9, 0, 7, 7, 7]))
            try handle.close()
            #expect(Support.Recording(url) == nil)
            let third = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            third.assistant(audio: second.audio, at: .zero)
            third.finish()
            let outcome = await third.finished()
            #expect(outcome.duration == .microseconds(300_250))
            let recording = try #require(Support.Recording(url))
            let samples = [(first.sample, 800), (second.sample, 800), (9, 2), (0, 800)] as [(Int16, Int)]
            #expect(recording.caller == samples.flatMap { [Int16](repeating: $0.0, count: $0.1) })
            #expect(recording.assistant.suffix(800) == ArraySlice([Int16](repeating: second.sample, count: 800)))
        }
    }

    /// Waits for what is on the shared queue and opens the file.
    private static func last(_ url: URL) async throws -> FileHandle {
        await WAVRecorder.settle()
        return try FileHandle(forUpdating: url)
    }

    @Test("a file with a torn header is begun anew, and an empty recording is a valid file")
    func tornHeader() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("RIFF....WAVE".utf8).write(to: url)
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            await recorder.flushed()
            #expect(Support.Recording(url)?.header.dataByteCount == 0)
            recorder.finish()
            #expect(await recorder.finished() == WAVRecorder.Outcome(duration: .zero, droppedByteCount: 0, error: nil))
        }
    }

    @Test("a recording is readable by its owner alone")
    func permissions() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            recorder.finish()
            await recorder.finished()
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("many recordings at once all come out whole")
    func many() async throws {
        try await Support.withFolder { folder in
            await withTaskGroup(of: Void.self) { group in
                for call in 0..<16 {
                    group.addTask {
                        let url = folder.appendingPathComponent("\(call).wav")
                        let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
                        let caller = Support.muLaw(Int16(call * 100), milliseconds: 20)
                        for frame in 0..<200 {
                            recorder.caller(base64: Base64.encode(caller.audio), at: .milliseconds(frame * 20))
                        }
                        recorder.finish()
                        let outcome = await recorder.finished()
                        #expect(outcome.duration == .seconds(4))
                        let expected = [Int16](repeating: caller.sample, count: 32_000)
                        #expect(Support.Recording(url)?.caller == expected)
                    }
                }
            }
        }
    }
}
