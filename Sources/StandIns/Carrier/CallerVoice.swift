import Wire

/// What a caller sends: clips one after the other, and silence between them, each frame with its stamp.
///
/// A value.
struct CallerVoice: Sendable {
    private struct Piece {
        var clip: SpeechClip
        var utterance: Int
        var nextFrame = 0
    }

    /// One frame that is to be sent.
    struct Frame: Sendable {
        /// Raw audio in the line's format.
        var audio: [UInt8]
        var stamp: FrameStamp
        /// The utterance it belongs to, as ``add(_:as:)`` was told.
        var utterance: Int?
        var isFirst = false
        var isLast = false
    }

    private let source: UInt32
    private var pieces: [Piece] = []
    private var sequence: UInt32 = 0

    init(source: UInt32) {
        self.source = source
    }

    mutating func add(_ clip: SpeechClip, as utterance: Int) {
        self.pieces.append(Piece(clip: clip, utterance: utterance))
    }

    /// Throws away what was not said yet.
    mutating func hush() {
        self.pieces = []
    }

    /// The frame of the next 20 ms.
    mutating func next(format: AudioFormat) -> Frame {
        defer { self.sequence += 1 }
        guard var piece = self.pieces.first else {
            let stamp = FrameStamp(source: self.source, sequence: self.sequence)
            var audio = AudioBytes.silence(frames: 1, format: format)
            stamp.write(to: &audio, format: format)
            return Frame(audio: audio, stamp: stamp)
        }
        let index = piece.nextFrame
        let stamp = FrameStamp(
            source: self.source,
            sequence: self.sequence,
            line: piece.clip.line?.number ?? 0,
            offset: UInt16(truncatingIfNeeded: index)
        )
        let muLaw = Array(piece.clip.muLaw[index * 160..<(index + 1) * 160])
        var audio = AudioBytes.convert(muLaw: muLaw, to: format)
        stamp.write(to: &audio, format: format)
        piece.nextFrame += 1
        let isLast = piece.nextFrame == piece.clip.frameCount
        if isLast { self.pieces.removeFirst() } else { self.pieces[0] = piece }
        return Frame(audio: audio, stamp: stamp, utterance: piece.utterance, isFirst: index == 0, isLast: isLast)
    }
}
