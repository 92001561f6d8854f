import Foundation

/// Why a recording cannot be begun or goes no further; the call itself goes on.
package enum RecordingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or its folder cannot be made or opened.
    case cannotOpen(reason: String)
    /// The file is there, and is no recording with this sample rate.
    case notAppendable(sampleRate: Int)
    /// Audio cannot be written: no space is left, for example.
    case cannotWrite(reason: String)

    package var description: String {
        switch self {
        case .cannotOpen(let reason):
            "The recording cannot be opened (\(reason)); this call is not recorded. Make DATA_DIR/recordings writable."
        case .notAppendable(let sampleRate):
            """
            The recording's file is there already and holds no stereo PCM at \(sampleRate) Hz; this call is not recorded. \
            Move the file away, and give all streams of a call the same codec.
            """
        case .cannotWrite(let reason):
            "The recording cannot be written (\(reason)); it ends here. Free space in DATA_DIR."
        }
    }

    /// What the C library's `errno` says now.
    static var systemReason: String { String(cString: strerror(errno)) }
}
