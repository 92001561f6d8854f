/// Where a recording's bytes go.
protocol RecordingFile: Sendable {
    /// Bytes of samples that were there when it was opened: whole frames.
    var existingDataByteCount: Int { get }

    /// Writes `bytes` at `offset` from the file's beginning; a gap before them reads as zeros, which are silence.
    func write(_ bytes: [UInt8], at offset: Int) throws(RecordingError)
}
