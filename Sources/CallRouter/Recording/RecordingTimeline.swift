import Foundation
import Wire

/// Puts both sides of a call on one timeline, and gives out what can change no more.
///
/// The newest audio stays in memory, because the assistant's is announced before it is heard and may be cut, and the
/// caller's may come late and then in a burst. Positions are frames (one sample of both sides) from the timeline's
/// beginning. Memory is bounded by ``lead``, a second and the longest piece, whatever the offsets.
struct RecordingTimeline {
    /// What is older than the caller's newest audio by this much is given out.
    static let window = Duration.seconds(3)
    /// What is older than the assistant's newest audio by this much is given out, where the caller's stays away.
    static let lead = Duration.seconds(10)
    /// How late the caller's audio may come without being moved: the network's jitter.
    static let jitter = Duration.milliseconds(100)
    /// Offsets of the assistant's audio that differ from its end by no more are the same one, rounded.
    static let rounding = Duration.milliseconds(2)

    /// Interleaved samples that are final, to be written at `frame`; what lies between two blocks is silence.
    struct Block: Equatable {
        let frame: Int
        let bytes: [UInt8]
    }

    /// Audio that came too late for its place, or beyond the end of what a file can hold.
    private(set) var droppedFrameCount = 0
    private(set) var ready: [Block] = []

    private let format: AudioFormat
    private let frameLimit: Int
    /// The frame at which both sides' samples below begin.
    private var base = 0
    private var caller: [Int16] = []
    private var assistant: [Int16] = []
    /// The newest silence that was put before late audio of the caller; a burst after it takes it back.
    private var gap = 0..<0

    /// - Parameters:
    ///   - format: Of both sides.
    ///   - frameLimit: The most frames that the timeline takes.
    init(format: AudioFormat, frameLimit: Int) {
        self.format = format
        self.frameLimit = frameLimit
    }

    /// Frames that are held in memory.
    var heldFrameCount: Int { max(self.caller.count, self.assistant.count) }

    /// Adds audio of the caller that arrived at `offset`.
    ///
    /// Audio follows on audio, since the offset has the network's jitter in it. When it comes late by more, the line was
    /// silent or the network stood still: silence fills the gap, and is taken out again as far as audio then comes
    /// faster than it plays, which is what was held up.
    mutating func addCaller(_ samples: [Int16], at offset: Duration) {
        guard !samples.isEmpty else { return }
        let arrival = min(self.frameCount(of: offset), self.frameLimit)
        let surplus = min(self.callerEnd - arrival, self.gap.count)
        if surplus > 0 {
            let start = self.gap.lowerBound - self.base
            self.caller.removeSubrange(start..<start + surplus)
            self.gap = self.gap.lowerBound..<self.gap.upperBound - surplus
        }
        if arrival - self.callerEnd > self.frameCount(of: Self.jitter) {
            self.release(before: arrival - self.frameCount(of: Self.window))
            self.gap = self.callerEnd..<arrival
            self.caller.append(contentsOf: repeatElement(0, count: self.gap.count))
        }
        self.put(samples, at: self.callerEnd, into: \.caller, window: Self.window)
    }

    /// Adds audio of the assistant that is to be heard from `offset` on.
    mutating func addAssistant(_ samples: [Int16], at offset: Duration) {
        let end = self.base + self.assistant.count
        let start = self.frameCount(of: offset)
        let isNext = abs(start - end) <= self.frameCount(of: Self.rounding)
        self.put(samples, at: isNext ? end : start, into: \.assistant, window: Self.lead)
    }

    /// Takes back what the assistant was to say from `offset` on, as far as it is still held.
    mutating func cutAssistant(at offset: Duration) {
        let keptCount = max(0, self.frameCount(of: offset) - self.base)
        if keptCount < self.assistant.count { self.assistant.removeSubrange(keptCount...) }
    }

    /// Gives out what is final by now.
    mutating func takeReady() -> [Block] {
        defer { self.ready = [] }
        return self.ready
    }

    /// Gives out everything; the timeline ends here.
    mutating func takeAll() -> [Block] {
        self.release(through: self.base + self.heldFrameCount)
        return self.takeReady()
    }

    private var callerEnd: Int { self.base + self.caller.count }

    /// Puts `samples` at `start`, over what is there, a second at a time.
    private mutating func put(
        _ samples: [Int16],
        at start: Int,
        into side: WritableKeyPath<Self, [Int16]>,
        window: Duration
    ) {
        var rest = samples[...]
        while !rest.isEmpty {
            let start = start + rest.startIndex
            let piece = rest.prefix(self.format.sampleRate)
            rest = rest.dropFirst(piece.count)
            self.release(before: min(start + piece.count, self.frameLimit) - self.frameCount(of: window))
            let kept = piece.prefix(max(0, self.frameLimit - start)).dropFirst(max(0, self.base - start))
            self.droppedFrameCount += piece.count - kept.count
            guard !kept.isEmpty else { continue }
            let index = max(start, self.base) - self.base
            let silenceCount = index - self[keyPath: side].count
            if silenceCount > 0 { self[keyPath: side].append(contentsOf: repeatElement(0, count: silenceCount)) }
            let replacedEnd = min(index + kept.count, self[keyPath: side].count)
            self[keyPath: side].replaceSubrange(index..<replacedEnd, with: kept)
        }
    }

    /// Gives out what lies before `end`, once that is a second or more.
    private mutating func release(before end: Int) {
        if end - self.base >= self.format.sampleRate { self.release(through: end) }
    }

    /// Moves what lies before `end` to ``ready``; silence that nobody holds is left out of it.
    private mutating func release(through end: Int) {
        let count = min(end - self.base, self.heldFrameCount)
        if count > 0 {
            self.ready.append(Block(frame: self.base, bytes: self.interleaved(count)))
            self.caller.removeFirst(min(count, self.caller.count))
            self.assistant.removeFirst(min(count, self.assistant.count))
        }
        self.base = end
        self.gap = max(self.gap.lowerBound, end)..<max(self.gap.upperBound, end)
    }

    /// The first `count` frames, left the caller and right the assistant, little-endian.
    private func interleaved(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count * 4)
        for (index, sample) in self.caller.prefix(count).enumerated() {
            bytes[index * 4] = UInt8(truncatingIfNeeded: sample)
            bytes[index * 4 + 1] = UInt8(truncatingIfNeeded: sample >> 8)
        }
        for (index, sample) in self.assistant.prefix(count).enumerated() {
            bytes[index * 4 + 2] = UInt8(truncatingIfNeeded: sample)
            bytes[index * 4 + 3] = UInt8(truncatingIfNeeded: sample >> 8)
        }
        return bytes
    }

    private func frameCount(of duration: Duration) -> Int {
        Self.frameCount(of: duration, rate: self.format.sampleRate)
    }

    /// Whole frames, none for a negative duration; a week is the most that is told apart.
    private static func frameCount(of duration: Duration, rate: Int) -> Int {
        AudioFormat.l16(rate: rate).byteCount(of: min(max(.zero, duration), .seconds(7 * 86_400))) / 2
    }
}
