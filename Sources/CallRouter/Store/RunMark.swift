import Foundation
import NIOCore
import Wire

/// The mark that a running router leaves in its data directory, and takes away when it has come to its end.
///
/// What is still there at the next start was left by a process that was killed, crashed, or lost its machine. Only the
/// holder of the directory's lock may use it.
struct RunMark: Sendable {
    /// What is known of a process that did not come to its end.
    struct Previous: Sendable, Equatable {
        var version: String?
        var startedAt: String?
    }

    private let path: String

    init(directory: DataDirectoryLock) { self.path = directory.path + "/running" }

    /// Leaves the mark of this process, and returns that of the one before, if it was left behind.
    func set(version: String = RouterVersion.current, at date: Date = Date()) -> Previous? {
        var previous: Previous?
        if FileManager.default.fileExists(atPath: self.path) {
            // A mark that was half written, or cannot be read, still says that it was left.
            let text = (try? String(contentsOfFile: self.path, encoding: .utf8)) ?? ""
            let mark = JSONDocument(parsing: text)
            previous = Previous(version: mark?["version"]?.text, startedAt: mark?["started_at"]?.text)
        }
        let mark: JSONDocument = .object([
            "pid": .integer(Int(getpid())), "started_at": .string(date.timestamp), "version": .string(version),
        ])
        // A full disk is told of by the store; without a mark only the next start's report is missing.
        try? Data(mark.encoded().readableBytesView).write(to: URL(fileURLWithPath: self.path), options: .atomic)
        return previous
    }

    /// This process has come to its end.
    func clear() {
        // A mark that cannot be taken away costs a report at the next start, and nothing else.
        try? FileManager.default.removeItem(atPath: self.path)
    }
}
