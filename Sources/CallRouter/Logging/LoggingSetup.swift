import Foundation
import Logging

/// Sends the log of the whole process to standard error; standard output belongs to what commands print.
package enum LoggingSetup {
    /// Bootstraps swift-log; to be called once in a process, before the first logger is made.
    ///
    /// - Parameters:
    ///   - configuration: Level and form of the log.
    ///   - reporter: Hears of what is logged at `error` and `critical`.
    /// - Returns: The sink, to be flushed before the process exits.
    package static func bootstrap(_ configuration: RouterConfiguration.Logging, reporter: FailureReporter? = nil)
        -> LogSink
    {
        let format = configuration.format ?? (isatty(2) == 1 ? .text : .json)
        let level = configuration.level
        let sink = LogSink(descriptor: 2) { count in
            let record = LogRecord(
                date: Date(),
                level: .warning,
                label: "CallRouter",
                message: "Log records were dropped: whoever reads the log is too slow.",
                metadata: ["count": "\(count)"]
            )
            return format == .json ? record.json : record.text
        }
        let report = reporter.map { reporter in
            { @Sendable (record: LogRecord, error: (any Error)?) in reporter.take(record, error: error) }
        }
        LoggingSystem.bootstrap { label in
            RouterLogHandler(label: label, format: format, level: level, write: { sink.write($0) }, report: report)
        }
        return sink
    }
}
