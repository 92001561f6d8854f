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
        /// Send this audio, then the mark, and ask again; the caller hears it from `startsAt` on.
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
    private let lead: Duration
    /// The most whole frames in one message: 3, hence 60 ms.
    private let maxChunkFrames: Int
    package let format: AudioFormat

    private var items: [Item] = []
    /// Audio that waits, each piece with the index in `items` that it belongs to.
    private var queue = Deque<(item: String, audio: ByteBuffer)>()
    private var clock: PlayoutClock
    private var marks: MarkLedger

    private struct Item: Sendable {
        var responseID: String
        var itemID: String
        var receivedBytes = 0
        /// Bytes of it that were sent, padding included.
        var sentBytes = 0
        /// The stream position of its first byte.
        var start: Int?
        var isComplete = false
        var endMarked = false
    }

    package init(format: AudioFormat, lead: Duration = .milliseconds(200), maxChunkFrames: Int = 3) {
        self.format = format
        self.lead = lead
        self.maxChunkFrames = maxChunkFrames
        self.clock = PlayoutClock(format: format)
        self.marks = MarkLedger()
    }

    /// Audio is waiting to be sent.
    package var isWaiting: Bool { !self.queue.isEmpty }

    /// Everything that was received has been heard, as far as the clock knows.
    package func isSilent(at now: ContinuousClock.Instant) -> Bool {
        self.queue.isEmpty && self.clock.isSilent(at: now) && self.items.allSatisfy(\.isComplete)
    }

    /// Every mark that is out has come back: the carrier itself says that nothing is left to play.
    package var isProvenPlayed: Bool { self.marks.isEmpty }

    /// The stream that carried the audio is gone: what it had not played is lost, what waits is for the next one.
    package mutating func detach(at now: ContinuousClock.Instant) {
        self.clock.cleared(at: now)
        self.marks.cleared()
    }

    /// Gives up what waits beyond `limit` of sound, oldest first; returns how many frames that were.
    package mutating func shed(beyond limit: Duration) -> Int {
        var waiting = self.queue.reduce(0) { $0 + $1.audio.readableBytes }
        let bound = self.format.byteCount(of: limit)
        var dropped = 0
        while waiting > bound, let head = self.queue.popFirst() {
            waiting -= head.audio.readableBytes
            dropped += head.audio.readableBytes
        }
        return (dropped + self.format.frameByteCount - 1) / self.format.frameByteCount
    }

    /// The instant at which what was sent so far will have been heard; nil where nothing was sent.
    package var endsAt: ContinuousClock.Instant? { self.clock.heardEnd }

    /// Nothing of this response is left to send or to be heard.
    package func isHeard(responseID: String, at now: ContinuousClock.Instant) -> Bool {
        self.items.allSatisfy { item in
            item.responseID != responseID
                || (item.isComplete && item.sentBytes >= item.receivedBytes && self.heard(item, at: now) >= item.receivedBytes)
        }
    }

    /// Takes a piece of the model's audio.
    package mutating func enqueue(
        responseID: String,
        itemID: String,
        audio: ByteBuffer,
        at now: ContinuousClock.Instant
    ) {
        guard audio.readableBytes > 0 else { return }
        if let index = self.index(of: itemID) {
            self.items[index].receivedBytes += audio.readableBytes
        } else {
            self.forgetHeard(at: now)
            var item = Item(responseID: responseID, itemID: itemID)
            item.receivedBytes = audio.readableBytes
            self.items.append(item)
        }
        self.queue.append((itemID, audio))
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

    /// Says what to send now. Call until it answers `wait` or `idle`.
    package mutating func next(at now: ContinuousClock.Instant) -> Step {
        if let mark = self.endMark() { return .mark(mark) }
        guard let head = self.queue.first, let index = self.index(of: head.item) else { return .idle }
        let frames = self.framesAtHand(of: index)
        // Less than a frame of an item that is not complete yet.
        guard frames > 0 else { return .idle }
        let ahead = self.clock.ahead(at: now)
        let needed = Duration.milliseconds(20 * frames)
        if ahead > .zero, self.lead - ahead < needed { return .wait(until: now + (ahead - self.lead) + needed) }
        return self.send(self.cut(item: index, frames: frames), item: index, at: now)
    }

    /// A mark came back. Returns nothing: what it tells is kept in the clock.
    package mutating func markReturned(_ name: String, at now: ContinuousClock.Instant) {
        guard let mark = self.marks.returned(name) else { return }
        self.clock.played(upTo: mark.position, expectedAt: mark.expectedAt, at: now)
    }

    /// Cuts everything: what was not heard yet is thrown away, here and (by `clear`) at the carrier.
    ///
    /// - Returns: The items that were not heard to their end, in order, and how many frames were dropped here. Empty
    ///   where all was played: then there is nothing to clear.
    package mutating func interrupt(at now: ContinuousClock.Instant) -> (cuts: [Cut], droppedFrames: Int) {
        var cuts: [Cut] = []
        for item in self.items {
            let heard = min(self.heard(item, at: now), item.receivedBytes)
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
        let waiting = self.queue.reduce(0) { $0 + $1.audio.readableBytes }
        self.queue.removeAll()
        self.items.removeAll()
        self.clock.cleared(at: now)
        self.marks.cleared()
        return (cuts, (waiting + self.format.frameByteCount - 1) / self.format.frameByteCount)
    }

    /// How much of this item has been heard by `now`.
    package func heard(itemID: String, at now: ContinuousClock.Instant) -> Duration {
        guard let index = self.index(of: itemID) else { return .zero }
        return self.format.duration(byteCount: min(self.heard(self.items[index], at: now), self.items[index].receivedBytes))
    }

    /// The audio of this item that has been received.
    package func received(itemID: String) -> Duration {
        guard let index = self.index(of: itemID) else { return .zero }
        return self.format.duration(byteCount: self.items[index].receivedBytes)
    }

    private func heard(_ item: Item, at now: ContinuousClock.Instant) -> Int {
        Self.heard(item, clock: self.clock, at: now)
    }

    private static func heard(_ item: Item, clock: PlayoutClock, at now: ContinuousClock.Instant) -> Int {
        guard let start = item.start else { return 0 }
        return max(0, min(clock.position(at: now) - start, item.sentBytes))
    }

    private func index(of itemID: String) -> Int? { self.items.lastIndex { $0.itemID == itemID } }

    /// Items that were heard to their end need no clock any more.
    private mutating func forgetHeard(at now: ContinuousClock.Instant) {
        let clock = self.clock
        self.items.removeAll { item in
            item.isComplete && item.endMarked && Self.heard(item, clock: clock, at: now) >= item.receivedBytes
        }
    }

    private mutating func send(_ chunk: ByteBuffer, item index: Int, at now: ContinuousClock.Instant) -> Step {
        if self.items[index].start == nil { self.items[index].start = self.clock.sentBytes }
        self.items[index].sentBytes += chunk.readableBytes
        let startsAt = max(now, self.clock.heardEnd ?? now)
        self.clock.sent(byteCount: chunk.readableBytes, at: now)
        let item = self.items[index]
        let isEnd = item.isComplete && item.sentBytes >= item.receivedBytes
        if isEnd { self.items[index].endMarked = true }
        let interval = self.format.byteCount(of: .milliseconds(500))
        guard let end = self.clock.endsAt, isEnd || self.marks.isDue(at: self.clock.sentBytes, interval: interval) else {
            return .audio(chunk, mark: nil, startsAt: startsAt)
        }
        let mark = self.marks.issue(position: self.clock.sentBytes, expectedAt: end)
        return .audio(chunk, mark: mark, startsAt: startsAt)
    }

    /// The end of an item became known only after its last byte had been sent: it is marked now.
    private mutating func endMark() -> String? {
        guard
            let index = self.items.firstIndex(where: {
                $0.isComplete && !$0.endMarked && $0.start != nil && $0.sentBytes >= $0.receivedBytes
            }), let end = self.clock.endsAt
        else { return nil }
        self.items[index].endMarked = true
        return self.marks.issue(position: self.clock.sentBytes, expectedAt: end)
    }

    /// The frames of the item at the head that can be sent as one message: whole ones, or the last and padded one.
    private func framesAtHand(of index: Int) -> Int {
        let itemID = self.items[index].itemID
        let frameBytes = self.format.frameByteCount
        var available = 0
        for piece in self.queue {
            guard piece.item == itemID else { break }
            available += piece.audio.readableBytes
            if available >= self.maxChunkFrames * frameBytes { return self.maxChunkFrames }
        }
        let whole = available / frameBytes
        if whole > 0 { return whole }
        return self.items[index].isComplete || self.queueHoldsAnotherItem(than: itemID) ? 1 : 0
    }

    /// Takes whole frames of one item off the queue; pads the last frame of an item with silence.
    private mutating func cut(item index: Int, frames: Int) -> ByteBuffer {
        let itemID = self.items[index].itemID
        let wanted = frames * self.format.frameByteCount
        var available = 0
        for piece in self.queue where available < wanted && piece.item == itemID {
            available += piece.audio.readableBytes
        }
        var chunk = self.take(min(wanted, available))
        if chunk.readableBytes < wanted {
            chunk.writeRepeatingByte(self.format.silenceByte, count: wanted - chunk.readableBytes)
        }
        return chunk
    }

    private func queueHoldsAnotherItem(than itemID: String) -> Bool { self.queue.last.map { $0.item != itemID } ?? false }

    /// Takes `count` bytes off the front; without copying where one piece holds them.
    private mutating func take(_ count: Int) -> ByteBuffer {
        if let head = self.queue.first, head.audio.readableBytes >= count {
            var audio = head.audio
            let chunk = audio.readSlice(length: count) ?? audio
            if audio.readableBytes == 0 { self.queue.removeFirst() } else { self.queue[0].audio = audio }
            return chunk
        }
        var chunk = ByteBufferAllocator().buffer(capacity: self.format.frameByteCount * self.maxChunkFrames)
        while chunk.readableBytes < count, let head = self.queue.first {
            var audio = head.audio
            if var slice = audio.readSlice(length: min(count - chunk.readableBytes, audio.readableBytes)) {
                chunk.writeBuffer(&slice)
            }
            if audio.readableBytes == 0 { self.queue.removeFirst() } else { self.queue[0].audio = audio }
        }
        return chunk
    }
}
