import DequeModule
import NIOCore
import Wire

/// When audio leaves, and in which pieces.
extension Playout {
    /// Says what to send now.
    ///
    /// Call until it answers `wait` or `idle`.
    package mutating func next(at now: ContinuousClock.Instant) -> Step {
        if let mark = self.endMark() { return .mark(mark) }
        guard let head = self.queue.first, let index = self.index(of: head.item) else { return .idle }
        let frames = self.framesAtHand(of: index)
        // Less than a frame of an item that is not complete yet.
        guard frames > 0 else { return .idle }
        let ahead = self.clock.ahead(at: now)
        // A lead shorter than the chunk means: when the last one ends.
        let room = max(.zero, self.lead - .milliseconds(20 * frames))
        if ahead > room { return .wait(until: now + (ahead - room)) }
        return self.send(self.cut(item: index, frames: frames), item: index, at: now)
    }

    private mutating func send(_ chunk: ByteBuffer, item index: Int, at now: ContinuousClock.Instant) -> Step {
        if self.items[index].start == nil { self.items[index].start = self.clock.sentBytes }
        self.items[index].sentBytes += chunk.readableBytes
        let startsAt = max(now, self.clock.endsAt ?? now)
        self.clock.sent(byteCount: chunk.readableBytes, at: now)
        let isEnd = self.items[index].isSent
        if isEnd { self.items[index].endMarked = true }
        let interval = self.format.byteCount(of: .milliseconds(500))
        guard let end = self.clock.endsAt, isEnd || self.marks.isDue(at: self.clock.sentBytes, interval: interval)
        else {
            return .audio(chunk, mark: nil, startsAt: startsAt)
        }
        let mark = self.marks.issue(position: self.clock.sentBytes, expectedAt: end)
        return .audio(chunk, mark: mark, startsAt: startsAt)
    }

    /// The end of an item became known only after its last byte had been sent: it is marked now.
    private mutating func endMark() -> String? {
        guard
            let index = self.items.firstIndex(where: { $0.isSent && !$0.endMarked && $0.start != nil }),
            let end = self.clock.endsAt
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
        for piece in self.queue {
            guard piece.item == itemID, available < wanted else { break }
            available += piece.audio.readableBytes
        }
        let count = min(wanted, available)
        self.items[index].waitingBytes -= count
        var chunk = self.take(count)
        if chunk.readableBytes < wanted {
            chunk.writeRepeatingByte(self.format.silenceByte, count: wanted - chunk.readableBytes)
        }
        return chunk
    }

    private func queueHoldsAnotherItem(than itemID: String) -> Bool { self.queue.contains { $0.item != itemID } }

    /// Takes `count` bytes off the front; without copying where one piece holds them.
    private mutating func take(_ count: Int) -> ByteBuffer {
        self.waitingBytes -= count
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
