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
/// One producer and one consumer, both on the call's loop: as with ``LoopLane/lend(_:settle:)`` the consumer lends its
/// body, and its task sleeps.
package final class CallerAudioLane {
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
    /// The frames from the cursor on, newest first, read back from the ring while the consumer is behind.
    private var waiting: [ByteBuffer] = []
    private var isOpen = false
    private var finished = false
    /// The consumer: the body that it has lent, and how it is woken at the end.
    private var receiver: ((CallerFrame) -> Void)?
    private var waiter: UnsafeContinuation<Void, Never>?
    /// The offset in the ring of the frame at the cursor.
    private var cursorOffset = 0
    /// The offset at which the audio of the present session begins; what it never got is left out.
    private var sessionStart = 0
    /// Where the raw bytes of one frame are decoded to.
    private let scratch: LoopScratch

    /// - Parameters:
    ///   - format: Of the audio, to tell base64 length from play time.
    ///   - limit: The most sound that is kept.
    ///   - scratch: That of the loop.
    package init(format: AudioFormat, limit: Duration, scratch: LoopScratch = LoopScratch()) {
        self.scratch = scratch
        self.format = format
        self.ring = ByteRing(limit: format.byteCount(of: limit) / format.frameByteCount * format.frameByteCount)
    }

    /// Adds the newest piece of caller audio, and hands it on at once where it can be; what is not base64 is none.
    package func send(_ base64: ByteBuffer, readAt: ContinuousClock.Instant) -> Outcome {
        guard !self.finished, base64.readableBytes > 0 else { return .queued }
        // Kept as raw bytes: three for each four of the text.
        self.scratch.decoded.clear()
        guard Base64.decode(base64, into: &self.scratch.decoded) else { return .queued }
        let byteCount = self.scratch.decoded.readableBytes
        _ = self.ring.append(self.scratch.decoded)
        var lost = 0
        if self.ring.firstIndex > self.cursor {
            lost = self.ring.firstIndex - self.cursor
            self.cursor = self.ring.firstIndex
            self.sessionStart += self.ring.startOffset - self.cursorOffset
            self.cursorOffset = self.ring.startOffset
        }
        let index = self.ring.endIndex - 1
        // What was read back and has been given up since.
        self.waiting.removeLast(min(lost, self.waiting.count))
        if self.isOpen, self.cursor == index, let receiver = self.receiver {
            // Still in the carrier's own buffer: spares a copy.
            self.advance(byteCount: byteCount)
            receiver(CallerFrame(base64: base64, readAt: readAt, isReplay: false))
        } else {
            self.handOut()
        }
        return lost == 0 ? .queued : .displacedUnsent(count: lost)
    }

    /// A model session is ready: hands out what is uncommitted, then what comes.
    ///
    /// - Returns: How many frames are handed out again.
    @discardableResult
    package func open() -> Int {
        self.cursor = self.ring.firstIndex
        self.waiting = []
        self.isOpen = true
        self.cursorOffset = self.ring.startOffset
        self.sessionStart = self.cursorOffset
        let replayed = max(0, min(self.replayEnd, self.ring.endIndex) - self.cursor)
        self.handOut()
        return replayed
    }

    /// The model session is gone; frames wait again.
    package func close() {
        guard self.isOpen else { return }
        self.replayEnd = max(self.replayEnd, self.cursor)
        self.isOpen = false
        self.waiting = []
    }

    /// The model committed what it had got up to `audioEnd` of this session's audio (nil: everything).
    package func committed(upTo audioEnd: Duration?) {
        let end = audioEnd.map { self.sessionStart + self.format.byteCount(of: $0) } ?? self.cursorOffset
        self.ring.removeAll(endingBy: min(end, self.cursorOffset))
    }

    /// Ends the sequence at once; what still waits is not handed out.
    ///
    /// - Returns: How many frames no model session has had.
    @discardableResult
    package func finish() -> Int {
        guard !self.finished else { return 0 }
        self.finished = true
        self.receiver = nil
        self.waiter.take()?.resume()
        return max(0, self.ring.endIndex - max(self.cursor, self.replayEnd))
    }

    /// Hands each frame to `receive` until the lane is finished.
    ///
    /// Those that are at hand now, and each later one as soon as a model session may have it; the consumer's task sleeps
    /// meanwhile (``resumeAtEnd(_:)``).
    ///
    /// - Parameters:
    ///   - receive: Takes one frame, at once; must not use this lane.
    ///   - settle: Called when those that were at hand have been handed over.
    package func lend(_ receive: @escaping (CallerFrame) -> Void, settle: () -> Void) {
        precondition(self.waiter == nil && self.receiver == nil, "a CallerAudioLane has one consumer")
        guard !self.finished else { return }
        self.receiver = receive
        self.handOut()
        settle()
    }

    /// Wakes the consumer that has lent its body when the lane is finished.
    package func resumeAtEnd(_ consumer: UnsafeContinuation<Void, Never>) {
        precondition(self.waiter == nil, "a CallerAudioLane has one consumer")
        guard !self.finished else { return consumer.resume() }
        self.waiter = consumer
    }

    private func handOut() {
        while let receiver = self.receiver, let frame = self.take() { receiver(frame) }
    }

    /// The next frame that a model session may have, read back from what is kept.
    func take() -> CallerFrame? {
        guard !self.finished, self.isOpen, self.cursor < self.ring.endIndex else { return nil }
        // What comes meanwhile is read with the next lot.
        if self.waiting.isEmpty { self.waiting = self.ring.chunks(from: self.cursor).reversed() }
        guard let bytes = self.waiting.popLast() else { return nil }
        let isReplay = self.cursor < self.replayEnd
        self.advance(byteCount: bytes.readableBytes)
        return CallerFrame(base64: Base64.encode(bytes), readAt: .now, isReplay: isReplay)
    }

    private func advance(byteCount: Int) {
        self.cursor += 1
        self.cursorOffset += byteCount
    }
}
