import NIOCore
import Wire

/// What happened on a call since the last write, in order: raw audio in one buffer, and where each piece belongs.
struct RecordingBatch: Sendable {
    enum Entry: Sendable, Equatable {
        case caller(byteCount: Int, offset: Duration)
        case assistant(byteCount: Int, offset: Duration)
        case cutAssistant(offset: Duration)
    }

    private(set) var entries: [Entry] = []
    private(set) var audio = ByteBuffer()
    /// The entries and the audio bytes that a full batch holds.
    private let maxEntryCount: Int
    private let maxByteCount: Int
    /// The audio that a batch usually holds when it is written: a second of both sides and a little.
    private let usualByteCount: Int

    /// - Parameter format: Of the audio; the batch holds 10 seconds of both sides at most.
    init(format: AudioFormat) {
        self.maxByteCount = format.bytesPerMillisecond * 1000 * 2 * 10
        self.maxEntryCount = 4096
        self.usualByteCount = format.bytesPerMillisecond * 1200 * 2
    }

    /// Whether it holds `threshold` bytes of audio, or a good number of pieces.
    func isWorthWriting(threshold: Int) -> Bool {
        self.audio.readableBytes >= threshold || self.entries.count >= self.maxEntryCount / 16
    }

    private var isFull: Bool { self.entries.count >= self.maxEntryCount }

    /// Adds the caller's audio from base64; false where it is malformed or the batch is full.
    mutating func addCaller(base64: ByteBuffer, at offset: Duration) -> Bool {
        guard !self.isFull, let byteCount = Base64.decodedByteCount(of: base64),
            self.audio.readableBytes + byteCount <= self.maxByteCount
        else { return false }
        self.prepare()
        guard Base64.decode(base64, into: &self.audio) else { return false }
        self.entries.append(.caller(byteCount: byteCount, offset: offset))
        return true
    }

    /// Adds the assistant's audio; false where the batch is full.
    mutating func addAssistant(_ audio: ByteBuffer, at offset: Duration) -> Bool {
        guard !self.isFull, self.audio.readableBytes + audio.readableBytes <= self.maxByteCount else { return false }
        self.prepare()
        self.audio.writeImmutableBuffer(audio)
        self.entries.append(.assistant(byteCount: audio.readableBytes, offset: offset))
        return true
    }

    /// Adds a cut; false where the batch is full.
    mutating func cutAssistant(at offset: Duration) -> Bool {
        guard !self.isFull else { return false }
        self.entries.append(.cutAssistant(offset: offset))
        return true
    }

    /// Makes room for a usual batch at its first audio, so that it grows in one step.
    private mutating func prepare() {
        if self.audio.capacity == 0 { self.audio.reserveCapacity(self.usualByteCount) }
    }

    /// Plays the entries onto a timeline, as samples of its rate.
    consuming func apply(to timeline: inout RecordingTimeline, reader: RecordingReader) {
        for entry in self.entries {
            switch entry {
            case .caller(let byteCount, let offset):
                guard let audio = self.audio.readSlice(length: byteCount) else { return }
                timeline.addCaller(reader.caller(audio), at: offset)
            case .assistant(let byteCount, let offset):
                guard let audio = self.audio.readSlice(length: byteCount) else { return }
                timeline.addAssistant(reader.assistant(audio), at: offset)
            case .cutAssistant(let offset):
                reader.cutAssistant()
                timeline.cutAssistant(at: offset)
            }
        }
    }
}
