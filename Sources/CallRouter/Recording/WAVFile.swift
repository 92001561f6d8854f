import Foundation
import NIOCore
import Wire

/// A stereo WAV file of 16-bit PCM on disk, closed when it is let go.
///
/// Readable and writable by this process's user alone: it holds what people said.
final class WAVFile: RecordingFile {
    static let channels = 2

    let existingDataByteCount: Int
    private let descriptor: Int32

    /// Opens the file at `url` to go on after what it holds, or makes it and its folder.
    ///
    /// The length on disk counts, not the one in the header, which a crash may have left behind. A file shorter than a
    /// header is begun anew.
    init(url: URL, sampleRate: Int) throws(RecordingError) {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .cannotOpen(reason: "its folder cannot be made")
        }
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotOpen(reason: RecordingError.systemReason) }
        self.descriptor = descriptor  // From here on `deinit` closes it.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            self.existingDataByteCount = 0
            throw .cannotOpen(reason: RecordingError.systemReason)
        }
        let byteCount = Int(status.st_size)
        guard byteCount >= WAVHeader.byteCount else {
            self.existingDataByteCount = 0
            guard byteCount == 0 || ftruncate(descriptor, 0) == 0 else {
                throw .cannotOpen(reason: RecordingError.systemReason)
            }
            return
        }
        let header = Self.header(of: descriptor)
        guard let header, header.channels == Self.channels, header.sampleRate == sampleRate else {
            self.existingDataByteCount = 0
            throw .notAppendable(sampleRate: sampleRate)
        }
        let dataByteCount = min(byteCount - WAVHeader.byteCount, WAVHeader.maxDataByteCount)
        self.existingDataByteCount = dataByteCount / header.frameByteCount * header.frameByteCount
    }

    deinit { close(self.descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) throws(RecordingError) {
        let failure = bytes.withUnsafeBytes { bytes -> String? in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = pwrite(self.descriptor, rest.baseAddress, rest.count, off_t(offset + written))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return RecordingError.systemReason }
                written += count
            }
            return nil
        }
        if let failure { throw .cannotWrite(reason: failure) }
    }

    private static func header(of descriptor: Int32) -> WAVHeader? {
        var bytes = [UInt8](repeating: 0, count: WAVHeader.byteCount)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return count == bytes.count ? WAVHeader(ByteBuffer(bytes: bytes)) : nil
    }
}
