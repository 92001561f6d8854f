import CallActors
import Dispatch
import Foundation
import Logging
import NIOCore
import Synchronization
import Wire

/// Records one stream of a call as a stereo WAV file: left the caller, right the assistant, as heard on the line.
///
/// The call's loop hands audio over and never waits: it is gathered for about a second and written on a serial queue of
/// its own, 10 seconds of backlog at most. The newest three seconds stay in memory until they can change no more. The
/// file's header is right after every write, so what a killed process leaves is a valid recording that lacks its last
/// four or five seconds. Whatever goes wrong with the file is logged once, and ends the recording only.
package final class WAVRecorder: CallRecorder {
    /// How a recording came out.
    package struct Outcome: Sendable, Equatable {
        /// Playing time of the whole file, earlier streams of the call included; zero where it could not be opened.
        package var duration: Duration
        /// Audio that is missing, in bytes of the stream's format: malformed, too late, or the disk too slow.
        package var droppedByteCount: Int
        /// What ended the recording early.
        package var error: RecordingError?
    }

    /// What the loop and the queue share.
    private struct Mailbox {
        var batch: RecordingBatch
        var isDrainScheduled = false
        var isFinished = false
        var droppedByteCount = 0
        var outcome: Outcome?
        var waiters: [CheckedContinuation<Outcome, Never>] = []
    }

    /// The queue's own state: what it writes to, until that fails or is finished.
    private struct Output {
        var writer: RecordingWriter?
        var error: RecordingError?
        /// Of the last writer, once it is gone.
        var duration = Duration.zero
        var droppedByteCount = 0

        /// Closes the file.
        mutating func close() {
            self.duration = self.writer?.duration ?? self.duration
            self.droppedByteCount = self.writer?.droppedByteCount ?? self.droppedByteCount
            self.writer = nil
        }
    }

    /// All recordings of the process are written here: one disk serves one write at a time.
    package static let sharedQueue = DispatchQueue(label: "callrouter.recordings", qos: .utility)

    private let format: AudioFormat
    private let queue: DispatchQueue
    private let logger: Logger
    private let mailbox: Mutex<Mailbox>
    private let output = Mutex(Output())

    /// Begins a recording at `url`, or goes on after what is there.
    ///
    /// Returns at once; the file and its folder are made on the queue. A recorder of an earlier stream of the same call
    /// must have been told to ``finish()`` before, so that it is done first.
    ///
    /// - Parameters:
    ///   - url: The file, by convention `DATA_DIR/recordings/CALL_ID.wav`.
    ///   - format: Of the audio of both sides.
    ///   - sampleRate: The file's; nil for that of `format`.
    ///   - logger: Told once of what goes wrong.
    ///   - queue: A serial queue; another than the shared one is for tests.
    /// - Returns: The recorder, whose offsets count from the end of what the file holds.
    package static func open(
        url: URL,
        format: AudioFormat,
        sampleRate: Int? = nil,
        logger: Logger,
        queue: DispatchQueue = WAVRecorder.sharedQueue
    ) -> WAVRecorder {
        let rate = sampleRate ?? format.sampleRate
        return WAVRecorder(format: format, sampleRate: rate, logger: logger, queue: queue) {
            () throws(RecordingError) in
            try WAVFile(url: url, sampleRate: rate)
        }
    }

    init(
        format: AudioFormat,
        sampleRate: Int? = nil,
        logger: Logger,
        queue: DispatchQueue,
        openFile: @escaping @Sendable () throws(RecordingError) -> any RecordingFile
    ) {
        self.format = format
        self.queue = queue
        self.logger = logger
        self.mailbox = Mutex(Mailbox(batch: RecordingBatch(format: format)))
        queue.async {
            self.perform { output throws(RecordingError) in
                let reader = RecordingReader(format: format, sampleRate: sampleRate ?? format.sampleRate)
                output.writer = try RecordingWriter(file: try openFile(), reader: reader)
            }
        }
    }

    /// Adds the caller's audio that arrived at `offset`: late audio is put where it belongs, as far as it can be told.
    package func caller(base64: ByteBuffer, at offset: Duration) {
        self.add(byteCount: Base64.decodedByteCount(of: base64) ?? 0) { $0.addCaller(base64: base64, at: offset) }
    }

    /// Adds the assistant's audio that is to be heard from `offset` on, ten seconds ahead at most.
    package func assistant(audio: ByteBuffer, at offset: Duration) {
        self.add(byteCount: audio.readableBytes) { $0.addAssistant(audio, at: offset) }
    }

    /// Takes back what the assistant was to say from `offset` on, which lies three seconds back at most.
    package func cutAssistant(at offset: Duration) {
        self.add(byteCount: 0) { $0.cutAssistant(at: offset) }
    }

    /// Ends the recording: what was handed over is written, what comes now is ignored.
    ///
    /// Returns at once; ``finished()`` waits.
    package func finish() {
        let isFirst = self.mailbox.withLock { mailbox in
            defer { mailbox.isFinished = true }
            return !mailbox.isFinished
        }
        if isFirst { self.queue.async { self.complete() } }
    }

    /// Waits until the recording is finished and its file closed; ``finish()`` must be called by somebody.
    @discardableResult
    package func finished() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = self.mailbox.withLock { mailbox -> Outcome? in
                if mailbox.outcome == nil { mailbox.waiters.append(continuation) }
                return mailbox.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    /// Waits until all recordings that were told to finish are complete: for the process, before it exits.
    package static func settle() async {
        await withCheckedContinuation { continuation in
            Self.sharedQueue.async { continuation.resume() }
        }
    }

    /// Waits until what was handed over so far is on disk, but for the window that stays in memory.
    package func flushed() async {
        await withCheckedContinuation { continuation in
            self.queue.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    /// Adds to the batch, and has it written once it holds a second of one side.
    private func add(byteCount: Int, _ change: (inout RecordingBatch) -> Bool) {
        let threshold = self.format.bytesPerMillisecond * 1000
        let mustDrain = self.mailbox.withLock { mailbox in
            guard !mailbox.isFinished else { return false }
            if !change(&mailbox.batch) { mailbox.droppedByteCount += byteCount }
            guard !mailbox.isDrainScheduled, mailbox.batch.isWorthWriting(threshold: threshold) else { return false }
            mailbox.isDrainScheduled = true
            return true
        }
        if mustDrain { self.queue.async { self.drain() } }
    }

    /// On the queue: writes what has gathered.
    private func drain() {
        let batch = self.mailbox.withLock { mailbox in
            mailbox.isDrainScheduled = false
            defer { mailbox.batch = RecordingBatch(format: self.format) }
            return mailbox.batch
        }
        self.perform { output throws(RecordingError) in try output.writer?.write(batch) }
    }

    /// On the queue: writes the rest and closes the file.
    private func complete() {
        self.drain()
        self.perform { output throws(RecordingError) in try output.writer?.finish() }
        var outcome = self.output.withLock { output in
            output.close()
            return Outcome(
                duration: output.duration,
                droppedByteCount: output.droppedByteCount,
                error: output.error
            )
        }
        let waiters = self.mailbox.withLock { mailbox in
            outcome.droppedByteCount += mailbox.droppedByteCount
            mailbox.outcome = outcome
            defer { mailbox.waiters = [] }
            return mailbox.waiters
        }
        if outcome.error == nil, outcome.droppedByteCount > 0 {
            self.logger.notice(
                "A recording lacks audio that came too late or faster than the disk could take it.",
                metadata: ["bytes": "\(outcome.droppedByteCount)"]
            )
        }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    /// On the queue: does `work`, and gives up the file at the first error.
    private func perform(_ work: (inout Output) throws(RecordingError) -> Void) {
        let failure = self.output.withLock { output -> RecordingError? in
            do throws(RecordingError) {
                try work(&output)
                return nil
            } catch {
                output.close()
                output.error = error
                return error
            }
        }
        if let failure { self.logger.error("\(failure)", error: failure) }
    }
}
