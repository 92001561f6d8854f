import Foundation
import Logging

/// Writes log records as lines of JSON or text.
package struct RouterLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let now: @Sendable () -> Date
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: The part of the program that logs.
    ///   - format: The shape of a record.
    ///   - level: The least important level that is written.
    ///   - now: The time of a record.
    ///   - write: Takes one line with its newline; called on the thread that logs.
    package init(
        label: String,
        format: LogFormat,
        level: Logger.Level,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        if let error = event.error { metadata["error"] = "\(error)" }
        let record = LogRecord(
            date: self.now(),
            level: event.level,
            label: self.label,
            message: event.message.description,
            metadata: metadata
        )
        self.write(self.format == .json ? record.json : record.text)
    }
}
