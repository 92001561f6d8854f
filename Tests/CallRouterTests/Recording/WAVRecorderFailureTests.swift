import Dispatch
import Foundation
import Logging
import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite struct WAVRecorderFailureTests {
    private typealias Support = RecordingTestSupport

    @Test("a file that is no recording, or one of another rate, is left alone")
    func foreignFiles() async throws {
        try await Support.withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let header = WAVHeader(sampleRate: 24_000, channels: 2, dataByteCount: 0).encoded()
            for contents in [Data(repeating: 7, count: 500), Data(header.readableBytesView)] {
                let url = folder.appendingPathComponent("call.wav")
                try contents.write(to: url)
                let lines = Support.Log.Lines()
                let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger(lines))
                recorder.assistant(audio: ByteBuffer(repeating: 1, count: 800), at: .zero)
                recorder.finish()
                #expect(await recorder.finished().error == .notAppendable(sampleRate: 8000))
                #expect(try Data(contentsOf: url) == contents)
                #expect(lines.all.count == 1)
            }
        }
    }

    @Test("a folder that cannot be made stops the recording, says so once, and never the call")
    func cannotOpen() async throws {
        let lines = Support.Log.Lines()
        let url = URL(fileURLWithPath: "/dev/null/recordings/call.wav")
        let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger(lines))
        for frame in 0..<500 {
            recorder.caller(base64: ByteBuffer(string: "AAAA"), at: .milliseconds(frame * 20))
        }
        recorder.finish()
        #expect(await recorder.finished().error == .cannotOpen(reason: "its folder cannot be made"))
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.hasPrefix("error: The recording cannot be opened") == true)
    }

    @Test("files that are refused are closed again")
    func refusedFilesAreClosed() async throws {
        try await Support.withFolder { folder in
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let url = folder.appendingPathComponent("call.wav")
            try Data(repeating: 7, count: 500).write(to: url)
            for _ in 0..<100 {
                #expect(throws: RecordingError.notAppendable(sampleRate: 8000)) {
                    try WAVFile(url: url, sampleRate: 8000)
                }
            }
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == url.path
            }
            #expect(open.isEmpty)
        }
    }

    @Test("a full disk ends the recording, is told once, and is not tried again")
    func diskFull() async {
        let lines = Support.Log.Lines()
        let file = Support.FullFile(capacity: 100_000)
        let recorder = WAVRecorder(format: .pcmu, logger: Support.logger(lines), queue: WAVRecorder.sharedQueue) {
            () throws(RecordingError) in file
        }
        let audio = Base64.encode(Support.muLaw(1000, milliseconds: 20).audio)
        for frame in 0..<2000 {
            recorder.caller(base64: audio, at: .milliseconds(frame * 20))
            if frame.isMultiple(of: 100) { await recorder.flushed() }
        }
        recorder.finish()
        let outcome = await recorder.finished()
        #expect(outcome.error == .cannotWrite(reason: "No space left on device"))
        #expect(file.failureCount == 1)
        #expect(lines.all.count == 1)
        #expect(outcome.duration > .seconds(1) && outcome.duration < .seconds(4))
    }

    @Test("a real full device is told in its own words")
    func realDiskFull() throws {
        #expect(throws: RecordingError.cannotWrite(reason: "No space left on device")) {
            let file = try WAVFile(url: URL(fileURLWithPath: "/dev/full"), sampleRate: 8000)
            try file.write([1, 2, 3, 4], at: 0)
        }
    }

    @Test("while the disk stands still, a bounded backlog is kept and the rest is counted")
    func backlog() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let lines = Support.Log.Lines()
            let queue = DispatchQueue(label: "stalled")
            queue.suspend()
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger(lines), queue: queue)
            let audio = Base64.encode(Support.muLaw(1000, milliseconds: 20).audio)
            for frame in 0..<5000 { recorder.caller(base64: audio, at: .milliseconds(frame * 20)) }
            for _ in 0..<100_000 { recorder.cutAssistant(at: .seconds(200)) }
            recorder.finish()
            recorder.caller(base64: audio, at: .seconds(500))
            queue.resume()
            let outcome = await recorder.finished()
            #expect(outcome.duration == .seconds(20), "ten seconds of both sides")
            #expect(outcome.droppedByteCount == 4000 * 160)
            #expect(Support.Recording(url)?.caller.count == 160_000)
            #expect(lines.all.count == 1)
            #expect(lines.all.first?.hasPrefix("notice: ") == true)
        }
    }

    @Test("malformed audio is left out")
    func malformed() async throws {
        try await Support.withFolder { folder in
            let url = folder.appendingPathComponent("call.wav")
            let recorder = WAVRecorder.open(url: url, format: .pcmu, logger: Support.logger())
            recorder.caller(base64: ByteBuffer(string: "////"), at: .zero)
            recorder.caller(base64: ByteBuffer(string: "!!!!"), at: .zero)
            recorder.caller(base64: ByteBuffer(string: "//"), at: .zero)
            recorder.finish()
            recorder.finish()
            let outcome = await recorder.finished()
            #expect(outcome.droppedByteCount == 3)
            #expect(Support.Recording(url)?.caller == [0, 0, 0])
        }
    }
}
