import Logging
import StandIns

/// What was logged at info or above, as `level message`.
final class LogLines: Sendable {
    private struct Handler: LogHandler {
        let lines: Record<[String]>
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = event.metadata.map { " \($0)" } ?? ""
            self.lines.update { $0.append("\(event.level) \(event.message)\(metadata)") }
        }
    }

    let lines = Record<[String]>([])

    var logger: Logger { Logger(label: "test") { [lines = self.lines] _ in Handler(lines: lines) } }

    /// Waits for a line that holds a text.
    func line(with text: String) async throws -> String {
        try await self.lines.wait(for: "the log to say \(text)", within: .seconds(60)) { lines in
            lines.first { $0.contains(text) }
        }
    }
}
