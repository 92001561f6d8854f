import Wire

/// The far end of a media stream: audio that plays in real time from its arrival, and the marks in it.
///
/// A value without a clock: every call says when it is. It knows what was heard to the byte, independently of what the
/// router believes.
package struct CarrierPlayout: Sendable {
    /// What was heard of one item of the voice model.
    package struct HeardItem: Sendable, Equatable {
        /// The source of the stamps; 0 for audio without stamps.
        package var number: UInt32
        package var line: SpeechLine?
        package var firstArrivedAt: ContinuousClock.Instant
        package var firstHeardAt: ContinuousClock.Instant
        package var arrivedByteCount: Int
        /// What was played, up to the last time that the playout was asked.
        package var heardByteCount = 0
        /// Frames that did not follow the one before them: lost, doubled or out of order.
        package var misplacedFrames = 0
        /// The sequence number that the next frame must have.
        fileprivate var nextSequence: UInt32 = 0
    }

    /// A stretch of what was heard that was not silent; pauses within it are shorter than 200 ms.
    package struct Sound: Sendable, Equatable {
        package var start: ContinuousClock.Instant
        package var end: ContinuousClock.Instant
    }

    /// A mark that is to be echoed.
    package struct Echo: Sendable, Equatable {
        package var name: String
        /// Echoed because of `clear`, not because it was reached.
        package var isCleared: Bool

        package init(name: String, isCleared: Bool) {
            self.name = name
            self.isCleared = isCleared
        }
    }

    private struct Piece {
        var itemIndex: Int
        var byteCount: Int
        var start: ContinuousClock.Instant
        var end: ContinuousClock.Instant
        var isLoud: Bool
    }

    /// Level (RMS of 16-bit samples) from which a frame is sound: below it lies the noise of an idle line.
    private static let soundLevel = 100.0
    private static let longestPause = Duration.milliseconds(200)

    private let format: AudioFormat
    private var pieces: [Piece] = []
    private var marks: [(name: String, due: ContinuousClock.Instant)] = []
    /// When everything that has arrived will have been played.
    package private(set) var endsAt: ContinuousClock.Instant?
    /// What was heard so far, without the silence.
    package private(set) var sounds: [Sound] = []
    /// Items in the order of their arrival.
    package private(set) var items: [HeardItem] = []

    package init(format: AudioFormat) {
        self.format = format
    }

    /// Takes the audio of one media message; it plays after what arrived before.
    package mutating func play(_ audio: [UInt8], at now: ContinuousClock.Instant) {
        self.advance(to: now)
        var start = max(self.endsAt ?? now, now)
        let size = self.format.frameByteCount
        for offset in stride(from: 0, to: audio.count, by: size) {
            let frame = audio[offset..<min(offset + size, audio.count)]
            let end = start + self.format.duration(byteCount: frame.count)
            let stamp = FrameStamp(readingFrom: frame, format: self.format)
            let index = self.itemIndex(stamp, arrivedAt: now, heardAt: start)
            self.items[index].arrivedByteCount += frame.count
            if let stamp {
                if stamp.sequence != self.items[index].nextSequence { self.items[index].misplacedFrames += 1 }
                self.items[index].nextSequence = stamp.sequence + 1
            }
            let isLoud = AudioBytes.level(of: Array(frame), format: self.format) >= Self.soundLevel
            self.pieces.append(Piece(itemIndex: index, byteCount: frame.count, start: start, end: end, isLoud: isLoud))
            start = end
        }
        self.endsAt = start
    }

    /// Takes a mark; it is due when what arrived before it has been played.
    package mutating func mark(_ name: String, at now: ContinuousClock.Instant) {
        self.advance(to: now)
        self.marks.append((name, max(self.endsAt ?? now, now)))
    }

    /// The marks that are due by now, in order.
    package mutating func dueMarks(at now: ContinuousClock.Instant) -> [Echo] {
        self.advance(to: now)
        let due = self.marks.prefix { $0.due <= now }
        self.marks.removeFirst(due.count)
        return due.map { Echo(name: $0.name, isCleared: false) }
    }

    /// When the next mark is due.
    package var nextMark: ContinuousClock.Instant? { self.marks.first?.due }

    /// Throws away what was not played; every mark that waits is echoed at once.
    ///
    /// - Returns: The bytes thrown away and the marks to echo.
    package mutating func clear(at now: ContinuousClock.Instant) -> (discardedByteCount: Int, echoes: [Echo]) {
        self.advance(to: now)
        let remaining = self.pieces.reduce(0) { $0 + self.unheard(of: $1, at: now) }
        self.pieces = []
        self.endsAt = nil
        defer { self.marks = [] }
        return (remaining, self.marks.map { Echo(name: $0.name, isCleared: true) })
    }

    /// Sound is coming out now.
    package func isAudible(at now: ContinuousClock.Instant) -> Bool { self.endsAt.map { $0 > now } ?? false }

    /// Counts what was played until `now`.
    package mutating func advance(to now: ContinuousClock.Instant) {
        while let piece = self.pieces.first {
            let unheard = self.unheard(of: piece, at: now)
            self.items[piece.itemIndex].heardByteCount += piece.byteCount - unheard
            if piece.isLoud, unheard < piece.byteCount { self.hear(from: piece.start, to: min(now, piece.end)) }
            guard unheard == 0 else {
                self.pieces[0].byteCount = unheard
                self.pieces[0].start = max(piece.start, min(now, piece.end))
                return
            }
            self.pieces.removeFirst()
        }
    }

    private mutating func hear(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        if let last = self.sounds.last, last.end + Self.longestPause >= start {
            self.sounds[self.sounds.count - 1].end = end
        } else {
            self.sounds.append(Sound(start: start, end: end))
        }
    }

    /// The audio of `piece` that is not out yet, in whole samples.
    private func unheard(of piece: Piece, at now: ContinuousClock.Instant) -> Int {
        guard now > piece.start else { return piece.byteCount }
        let heard = self.format.byteCount(of: piece.start.duration(to: now))
        return max(0, piece.byteCount - heard)
    }

    private mutating func itemIndex(
        _ stamp: FrameStamp?,
        arrivedAt: ContinuousClock.Instant,
        heardAt: ContinuousClock.Instant
    ) -> Int {
        // A frame without a stamp is the padded end of the item before it, or sound of somebody else.
        let number = stamp?.source ?? self.items.last?.number ?? 0
        if let index = self.items.lastIndex(where: { $0.number == number }) { return index }
        self.items.append(
            HeardItem(
                number: number,
                line: stamp.flatMap { SpeechLine(number: $0.line) },
                firstArrivedAt: arrivedAt,
                firstHeardAt: heardAt,
                arrivedByteCount: 0
            )
        )
        return self.items.count - 1
    }
}
