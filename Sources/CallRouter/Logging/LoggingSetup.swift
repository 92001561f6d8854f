import Foundation
import Logging

/// Sends the log of the whole process to standard error; standard output belongs to what commands print.
package enum LoggingSetup {
    /// Bootstraps swift-log; to be called once in a process, before the first logger is made.
    ///
    /// - Returns: The sink, to be flushed before the process exits.
    package static func bootstrap(_ configuration: RouterConfiguration.Logging) -> LogSink {
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
        LoggingSystem.bootstrap { label in
            RouterLogHandler(label: label, format: format, level: level) { sink.write($0) }
        }
        return sink
    }
}
