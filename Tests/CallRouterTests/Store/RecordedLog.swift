import Logging
import StandIns

/// Keeps what a part under test logs.
final class RecordedLog: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        /// The message and its metadata.
        var text: String
    }

    private let kept = Record<[Line]>([])

    var lines: [Line] { self.kept.read { $0 } }

    /// The lines of this level or above that hold `text`.
    func count(_ text: String, from level: Logger.Level = .warning) -> Int {
        self.lines.count { $0.level >= level && $0.text.contains(text) }
    }

    /// Waits until a warning or worse holds `text`.
    func wait(for text: String) async throws {
        _ = try await self.kept.wait(for: text, within: .seconds(60)) { lines in
            lines.first { $0.level >= .warning && $0.text.contains(text) }
        }
    }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private func keep(_ line: Line) { self.kept.update { $0.append(line) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let text = "\(event.message) \(event.metadata?.description ?? "")"
            self.log.keep(Line(level: event.level, text: text))
        }
    }
}
