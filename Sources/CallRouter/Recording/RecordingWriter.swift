import NIOCore
import Wire

/// Writes a timeline to a file whose header is right after every write.
struct RecordingWriter {
    private let file: any RecordingFile
    /// Of the file.
    private let format: AudioFormat
    private let reader: RecordingReader
    private var timeline: RecordingTimeline
    private var dataByteCount: Int

    /// Goes on after what `file` holds, and writes its header at once.
    init(file: any RecordingFile, reader: RecordingReader) throws(RecordingError) {
        self.file = file
        self.format = reader.fileFormat
        self.reader = reader
        self.dataByteCount = file.existingDataByteCount
        let freeByteCount = WAVHeader.maxDataByteCount - file.existingDataByteCount
        self.timeline = RecordingTimeline(format: self.format, frameLimit: freeByteCount / (WAVFile.channels * 2))
        try self.writeHeader()
    }

    /// The length of the file in playing time.
    var duration: Duration {
        AudioFormat.l16(rate: self.format.sampleRate).duration(byteCount: self.dataByteCount / WAVFile.channels)
    }

    /// Audio that came too late for its place, in bytes of the file's format.
    var droppedByteCount: Int { self.timeline.droppedFrameCount * self.format.bytesPerSample }

    /// Takes what happened, and writes what is final.
    mutating func write(_ batch: consuming RecordingBatch) throws(RecordingError) {
        batch.apply(to: &self.timeline, reader: self.reader)
        try self.write(self.timeline.takeReady())
    }

    /// Writes everything.
    mutating func finish() throws(RecordingError) {
        try self.write(self.timeline.takeAll())
    }

    private mutating func write(_ blocks: [RecordingTimeline.Block]) throws(RecordingError) {
        guard !blocks.isEmpty else { return }
        for block in blocks {
            let offset = self.file.existingDataByteCount + block.frame * WAVFile.channels * 2
            try self.file.write(block.bytes, at: WAVHeader.byteCount + offset)
            self.dataByteCount = max(self.dataByteCount, offset + block.bytes.count)
        }
        try self.writeHeader()
    }

    private func writeHeader() throws(RecordingError) {
        let header = WAVHeader(
            sampleRate: self.format.sampleRate,
            channels: WAVFile.channels,
            dataByteCount: self.dataByteCount
        )
        try self.file.write(Array(header.encoded().readableBytesView), at: 0)
    }
}
