import DequeModule
import NIOCore
import Wire

/// The model's voice on its way to the caller: cut into whole frames, sent a little ahead of real time, and followed by
/// a clock that knows what was heard.
///
/// The model speaks faster than real time. Its audio waits here and leaves in chunks of whole 20 ms frames, `lead`
/// ahead of what the carrier is playing, so that a barge-in has little to clear and a slow carrier cannot make latency
/// permanent. Positions are bytes of audio sent on this stream since it began. Time is an argument everywhere.
package struct Playout: Sendable {
    /// What the sender should do now.
    package enum Step: Sendable {
        /// Send this audio, then the mark, and ask again; it plays from `startsAt` on, the carrier's own delay aside.
        case audio(ByteBuffer, mark: String?, startsAt: ContinuousClock.Instant)
        /// Send only a mark: what was sent before it is the end of an item.
        case mark(String)
        /// Ask again at this instant.
        case wait(until: ContinuousClock.Instant)
        /// Nothing is at hand.
        case idle
    }

    /// How far one item came before it was cut.
    package struct Cut: Sendable, Equatable {
        package var responseID: String
        package var itemID: String
        /// Truly played to the caller; at most what was received.
        package var heard: Duration
        /// Received from the model so far.
        package var received: Duration
        /// The model had sent the item's last audio.
        package var wasComplete: Bool
    }

    /// How far ahead of real time audio is sent; the contract's design value is 200 ms.
    let lead: Duration
    /// The most whole frames in one message: 3, hence 60 ms.
    let maxChunkFrames: Int
    package let format: AudioFormat

    var items: [Item] = []
    /// Audio that waits, each piece with the item that it belongs to.
    var queue = Deque<(item: String, audio: ByteBuffer)>()
    /// Bytes in `queue`.
    var waitingBytes = 0
    var clock: PlayoutClock
    var marks: MarkLedger

    struct Item: Sendable {
        var responseID: String
        var itemID: String
        /// Bytes that were received and not given up.
        var receivedBytes = 0
        /// Bytes of it that wait to be sent.
        var waitingBytes = 0
        /// Bytes of it that were sent, padding included.
        var sentBytes = 0
        /// The stream position of its first byte.
        var start: Int?
        var isComplete = false
        var endMarked = false

        /// Nothing of it is left to be sent, now or later.
        var isSent: Bool { self.isComplete && self.waitingBytes == 0 }

        mutating func receive(_ byteCount: Int) {
            self.receivedBytes += byteCount
            self.waitingBytes += byteCount
        }

        /// The bytes of it that a stream has played up to `position`.
        func heard(upTo position: Int) -> Int {
            guard let start = self.start else { return 0 }
            return max(0, min(position - start, self.sentBytes))
        }
    }

    /// - Parameters:
    ///   - format: Of the audio.
    ///   - lead: How far ahead of real time audio is sent.
    ///   - maxChunkFrames: The most whole frames in one message.
    ///   - markPrefix: Tells the marks of this playout from those of an earlier one on the same stream.
    package init(
        format: AudioFormat,
        lead: Duration = .milliseconds(200),
        maxChunkFrames: Int = 3,
        markPrefix: String = ""
    ) {
        self.format = format
        self.lead = lead
        self.maxChunkFrames = max(1, maxChunkFrames)
        self.clock = PlayoutClock(format: format)
        self.marks = MarkLedger(prefix: markPrefix)
    }

    /// Audio is waiting to be sent.
    package var isWaiting: Bool { !self.queue.isEmpty }

    /// Everything that was received has been heard, as far as the clock knows.
    package func isSilent(at now: ContinuousClock.Instant) -> Bool {
        self.queue.isEmpty && self.clock.isSilent(at: now) && self.items.allSatisfy(\.isComplete)
    }

    /// Every mark that is out has come back: the carrier itself says that nothing is left to play.
    package var isProvenPlayed: Bool { self.marks.isEmpty }

    /// The instant at which what was sent so far will have been heard; nil where nothing was sent.
    package var endsAt: ContinuousClock.Instant? { self.clock.heardEnd }

    /// What `Step.audio` placed at this instant is being heard at `now`: the carrier plays a little late.
    package func placeHeard(at now: ContinuousClock.Instant) -> ContinuousClock.Instant { now - self.clock.delay }

    // MARK: - What comes from the model

    /// Takes a piece of the model's audio.
    ///
    /// - Returns: It is the first of its item.
    @discardableResult
    package mutating func enqueue(
        responseID: String,
        itemID: String,
        audio: ByteBuffer,
        at now: ContinuousClock.Instant
    ) -> Bool {
        guard audio.readableBytes > 0 else { return false }
        let known = self.index(of: itemID)
        if let known {
            self.items[known].receive(audio.readableBytes)
        } else {
            self.forgetHeard(at: now)
            var item = Item(responseID: responseID, itemID: itemID)
            item.receive(audio.readableBytes)
            self.items.append(item)
        }
        self.queue.append((itemID, audio))
        self.waitingBytes += audio.readableBytes
        return known == nil
    }

    /// The model has sent the last audio of this item; its last frame is padded with silence.
    package mutating func finish(itemID: String) {
        guard let index = self.index(of: itemID) else { return }
        self.items[index].isComplete = true
    }

    /// The model is gone: nothing more of anything will come.
    package mutating func finishAll() {
        for index in self.items.indices { self.items[index].isComplete = true }
    }

    /// The model will send nothing more of this response.
    package mutating func finish(responseID: String) {
        for index in self.items.indices where self.items[index].responseID == responseID {
            self.items[index].isComplete = true
        }
    }

    /// Gives up what waits beyond `limit` of sound, oldest first; returns how many frames that were.
    package mutating func shed(beyond limit: Duration) -> Int {
        let bound = self.format.byteCount(of: limit)
        var dropped = 0
        while self.waitingBytes > bound, let head = self.queue.popFirst() {
            let count = head.audio.readableBytes
            self.waitingBytes -= count
            dropped += count
            // Nobody will hear it: the item is that much shorter.
            guard let index = self.index(of: head.item) else { continue }
            self.items[index].receivedBytes -= count
            self.items[index].waitingBytes -= count
        }
        return self.frameCount(dropped)
    }

    // MARK: - What comes from the carrier

    /// A mark came back: what it tells is kept in the clock.
    package mutating func markReturned(_ name: String, at now: ContinuousClock.Instant) {
        guard let mark = self.marks.returned(name) else { return }
        self.clock.played(upTo: mark.position, expectedAt: mark.expectedAt, at: now)
    }

    /// The stream that carried the audio is gone: what it had not played is lost, what waits is for the next one.
    package mutating func detach(at now: ContinuousClock.Instant) {
        let position = self.position(at: now)
        for index in self.items.indices {
            let item = self.items[index]
            let heard = item.heard(upTo: position)
            self.items[index].receivedBytes = min(heard, item.receivedBytes - item.waitingBytes) + item.waitingBytes
            self.items[index].sentBytes = heard
            if heard == 0 { self.items[index].start = nil }
        }
        self.items.removeAll(where: \.isSent)
        self.clock.cleared(heard: position)
        self.marks.cleared(at: now)
    }

    // MARK: - What was heard

    /// Cuts everything: what was not heard yet is thrown away, here and (by `clear`) at the carrier.
    ///
    /// - Returns: The items that were not heard to their end, in order, and how many frames were dropped here. Empty
    ///   where all was played: then there is nothing to clear.
    package mutating func interrupt(at now: ContinuousClock.Instant) -> (cuts: [Cut], droppedFrames: Int) {
        let position = self.position(at: now)
        var cuts: [Cut] = []
        for item in self.items {
            let heard = min(item.heard(upTo: position), item.receivedBytes)
            if item.isComplete, heard >= item.receivedBytes { continue }
            cuts.append(
                Cut(
                    responseID: item.responseID,
                    itemID: item.itemID,
                    heard: self.format.duration(byteCount: heard),
                    received: self.format.duration(byteCount: item.receivedBytes),
                    wasComplete: item.isComplete
                )
            )
        }
        let dropped = self.frameCount(self.waitingBytes)
        self.queue.removeAll()
        self.waitingBytes = 0
        self.items.removeAll()
        self.clock.cleared(heard: position)
        self.marks.cleared(at: now)
        return (cuts, dropped)
    }

    /// How much of this item has been heard by `now`.
    package func heard(itemID: String, at now: ContinuousClock.Instant) -> Duration {
        guard let index = self.index(of: itemID) else { return .zero }
        let item = self.items[index]
        return self.format.duration(byteCount: min(item.heard(upTo: self.position(at: now)), item.receivedBytes))
    }

    /// The audio of this item that has been received.
    package func received(itemID: String) -> Duration {
        guard let index = self.index(of: itemID) else { return .zero }
        return self.format.duration(byteCount: self.items[index].receivedBytes)
    }

    /// The bytes of the stream heard by `now`: what the clock reckons, but nothing behind a mark that is still out.
    private func position(at now: ContinuousClock.Instant) -> Int {
        let reckoned = self.clock.position(at: now)
        guard let bound = self.marks.bound(at: now) else { return reckoned }
        return max(self.clock.proven, min(reckoned, bound))
    }

    func index(of itemID: String) -> Int? { self.items.lastIndex { $0.itemID == itemID } }

    /// Items that were heard to their end need no clock any more.
    private mutating func forgetHeard(at now: ContinuousClock.Instant) {
        let position = self.position(at: now)
        self.items.removeAll { $0.isSent && $0.endMarked && $0.heard(upTo: position) >= $0.receivedBytes }
    }

    /// Frames that this much audio makes, the last one counted whole.
    private func frameCount(_ byteCount: Int) -> Int {
        (byteCount + self.format.frameByteCount - 1) / self.format.frameByteCount
    }
}
