import NIOCore
import Wire

/// One piece of the caller's audio on its way to the model.
package struct CallerFrame: Sendable {
    /// Base64 text, as the carrier sent it.
    package var base64: ByteBuffer
    package var readAt: ContinuousClock.Instant
    /// Sent before, to a model session that was lost.
    package var isReplay: Bool
}

/// The caller's audio between the carrier socket and the model socket: a bounded sequence that remembers what the model
/// has not committed yet.
///
/// Frames wait here until a model session is open for them (``open()``); then each is handed out once, in order. When
/// the session is lost (``close()``), the next one gets again whatever was handed out and not committed, and what came
/// meanwhile: a half-said sentence is not lost. At most `limit` of sound is kept; the oldest goes first.
/// One producer and one consumer, both on the call's loop.
package final class CallerAudioLane: AsyncSequence, AsyncIteratorProtocol {
    package typealias Failure = Never

    /// What became of a frame that was sent.
    package enum Outcome: Sendable, Equatable {
        case queued
        /// Kept, but `count` older frames were given up that the model session has not had.
        case displacedUnsent(count: Int)
    }

    private let format: AudioFormat
    private var ring: ByteRing
    /// The number of the next frame to hand out.
    private var cursor = 0
    /// Frames before this number have been handed out to an earlier session.
    private var replayEnd = 0
    /// The frame just sent, still in the carrier's own buffer: spares a copy when the consumer keeps up.
    private var newest: (index: Int, frame: CallerFrame)?
    /// The frames from the cursor on, newest first, read back from the ring while the consumer is behind.
    private var waiting: [ByteBuffer] = []
    private var isOpen = false
    private var finished = false
    private var waiter: UnsafeContinuation<Void, Never>?
    /// The offset in the ring of the frame at the cursor.
    private var cursorOffset = 0
    /// The offset at which the audio of the present session begins; what it never got is left out.
    private var sessionStart = 0
    /// The raw bytes of one frame, used again and again.
    private var scratch = ByteBuffer()

    /// - Parameters:
    ///   - format: Of the audio, to tell base64 length from play time.
    ///   - limit: The most sound that is kept.
    package init(format: AudioFormat, limit: Duration) {
        self.format = format
        self.ring = ByteRing(limit: format.byteCount(of: limit) / format.frameByteCount * format.frameByteCount)
    }

    package func makeAsyncIterator() -> CallerAudioLane { self }

    /// Nothing is at hand now: the consumer may flush what it wrote.
    package var isDrained: Bool { !self.isOpen || self.cursor == self.ring.endIndex }

    /// Adds the newest piece of caller audio; what is not base64 is none.
    package func send(_ base64: ByteBuffer, readAt: ContinuousClock.Instant) -> Outcome {
        guard !self.finished, base64.readableBytes > 0 else { return .queued }
        // Kept as raw bytes: three for each four of the text.
        self.scratch.clear()
        guard Base64.decode(base64, into: &self.scratch) else { return .queued }
        _ = self.ring.append(self.scratch)
        var lost = 0
        if self.ring.firstIndex > self.cursor {
            lost = self.ring.firstIndex - self.cursor
            self.cursor = self.ring.firstIndex
            self.sessionStart += self.ring.startOffset - self.cursorOffset
            self.cursorOffset = self.ring.startOffset
        }
        let index = self.ring.endIndex - 1
        // What was read back and has been given up since.
        self.waiting.removeLast(Swift.min(lost, self.waiting.count))
        if self.isOpen, self.cursor == index {
            self.newest = (index, CallerFrame(base64: base64, readAt: readAt, isReplay: false))
        }
        self.wake()
        return lost == 0 ? .queued : .displacedUnsent(count: lost)
    }

    /// A model session is ready: hands out what is uncommitted, then what comes.
    ///
    /// - Returns: How many frames are handed out again.
    @discardableResult
    package func open() -> Int {
        self.cursor = self.ring.firstIndex
        self.waiting = []
        self.newest = nil
        self.isOpen = true
        self.cursorOffset = self.ring.startOffset
        self.sessionStart = self.cursorOffset
        self.wake()
        return Swift.max(0, Swift.min(self.replayEnd, self.ring.endIndex) - self.cursor)
    }

    /// The model session is gone; frames wait again.
    package func close() {
        guard self.isOpen else { return }
        self.replayEnd = Swift.max(self.replayEnd, self.cursor)
        self.isOpen = false
        self.newest = nil
        self.waiting = []
    }

    /// The model committed what it had got up to `audioEnd` of this session's audio (nil: everything).
    package func committed(upTo audioEnd: Duration?) {
        let end = audioEnd.map { self.sessionStart + self.format.byteCount(of: $0) } ?? self.cursorOffset
        self.ring.removeAll(endingBy: Swift.min(end, self.cursorOffset))
    }

    /// Ends the sequence at once; what still waits is not handed out.
    ///
    /// - Returns: How many frames no model session has had.
    @discardableResult
    package func finish() -> Int {
        guard !self.finished else { return 0 }
        self.finished = true
        self.wake()
        return Swift.max(0, self.ring.endIndex - Swift.max(self.cursor, self.replayEnd))
    }

    package func next() async -> CallerFrame? { await self.next(isolation: #isolation) }

    package func next(isolation actor: isolated (any Actor)?) async -> CallerFrame? {
        while true {
            if self.finished { return nil }
            if let frame = self.take() { return frame }
            precondition(self.waiter == nil, "a CallerAudioLane has one consumer")
            await withUnsafeContinuation(isolation: actor) { continuation in
                // The loop may have run between the look above and this one.
                guard self.isDrained, !self.finished else { return continuation.resume() }
                self.waiter = continuation
            }
        }
    }

    private func take() -> CallerFrame? {
        guard self.isOpen, self.cursor < self.ring.endIndex else { return nil }
        let index = self.cursor
        let frame: CallerFrame
        if let newest = self.newest, newest.index == index {
            frame = newest.frame
            self.newest = nil
        } else {
            // Behind: read back what waits in the ring now; what comes meanwhile is read with the next lot.
            if self.waiting.isEmpty { self.waiting = self.ring.chunks(from: index).reversed() }
            guard let bytes = self.waiting.popLast() else { return nil }
            frame = CallerFrame(base64: Base64.encode(bytes), readAt: .now, isReplay: index < self.replayEnd)
        }
        self.cursor += 1
        self.cursorOffset += Self.decodedByteCount(frame.base64)
        return frame
    }

    /// The bytes that padded base64 text stands for.
    static func decodedByteCount(_ base64: ByteBuffer) -> Int {
        var padding = 0
        for offset in 1...2 {
            let index = base64.writerIndex - offset
            if index >= base64.readerIndex, base64.getInteger(at: index, as: UInt8.self) == UInt8(ascii: "=") {
                padding += 1
            }
        }
        return base64.readableBytes / 4 * 3 - padding
    }

    private func wake() {
        guard let waiter = self.waiter else { return }
        self.waiter = nil
        waiter.resume()
    }
}
