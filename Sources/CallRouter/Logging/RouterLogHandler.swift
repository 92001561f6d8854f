import Foundation
import Logging

/// Writes log records as lines of JSON or text.
package struct RouterLogHandler: LogHandler {
    /// The least important level that is written, or reported: failures are reported whatever is written.
    package var logLevel: Logger.Level {
        get { self.report == nil ? self.writtenLevel : min(self.writtenLevel, Self.reportedLevel) }
        set { self.writtenLevel = newValue }
    }
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    /// Records of this level and above are failures.
    private static let reportedLevel = Logger.Level.error

    private var writtenLevel: Logger.Level
    private let label: String
    private let format: LogFormat
    private let now: @Sendable () -> Date
    private let write: @Sendable (String) -> Void
    private let report: (@Sendable (LogRecord, (any Error)?) -> Void)?

    /// - Parameters:
    ///   - label: The part of the program that logs.
    ///   - format: The shape of a record.
    ///   - level: The least important level that is written.
    ///   - now: The time of a record.
    ///   - write: Takes one line with its newline; called on the thread that logs.
    ///   - report: Takes the records at `error` and `critical`, with the error that came with each.
    init(
        label: String,
        format: LogFormat,
        level: Logger.Level,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void,
        report: (@Sendable (LogRecord, (any Error)?) -> Void)? = nil
    ) {
        self.label = label
        self.format = format
        self.writtenLevel = level
        self.now = now
        self.write = write
        self.report = report
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        let message = event.message.description
        // Where the error is the message, once is enough.
        if let error = event.error.map({ "\($0)" }), error != message { metadata["error"] = "\(error)" }
        let record = LogRecord(
            date: self.now(),
            level: event.level,
            label: self.label,
            message: message,
            metadata: metadata
        )
        if event.level >= self.writtenLevel { self.write(self.format == .json ? record.json : record.text) }
        if event.level >= Self.reportedLevel { self.report?(record, event.error) }
    }
}
