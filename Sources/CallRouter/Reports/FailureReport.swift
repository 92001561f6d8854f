import Foundation
import Logging

/// One failure as it was logged, on its way to where failures are reported.
struct FailureReport: Sendable {
    /// Names the event, also where it is sent twice: the receiver keeps one.
    let eventID: String
    let date: Date
    let level: Logger.Level
    /// The part of the program that logged it.
    let label: String
    let message: String
    let metadata: Logger.Metadata
    /// The type of the error, and its text where it is one of ours.
    let failure: Failure?
    /// How many of its kind were not sent since the last one that was.
    var repeats = 0

    /// An error as far as it may be told.
    struct Failure: Sendable, Equatable {
        let type: String
        /// nil for errors of other libraries, which may quote whatever they failed on.
        let text: String?

        init(_ error: any Error) {
            let name = String(reflecting: Swift.type(of: error))
            let ours = ["CallRouter.", "CallActors.", "Wire."].first { name.hasPrefix($0) }
            self.type = ours.map { String(name.dropFirst($0.count)) } ?? name
            self.text = ours == nil ? nil : "\(error)"
        }
    }

    /// The longest message that is looked at.
    private static let longestMessage = 8_000

    /// - Parameters:
    ///   - record: What was logged.
    ///   - error: The error that came with it, if any.
    init(_ record: LogRecord, error: (any Error)?) {
        self.eventID = UUID().uuidString.replacing("-", with: "").lowercased()
        self.date = record.date
        self.level = record.level
        self.label = record.label
        self.message = String(record.message.prefix(Self.longestMessage))
        self.metadata = record.metadata.filter { Self.told.contains($0.key) }
        self.failure = error.map(Failure.init)
    }

    /// Metadata that is told: identifiers of calls, numbers of things, and words of ours.
    private static let told: Set<String> = [
        "call_id", "part", "kind", "failures", "pending", "lost", "calls", "restarts", "address", "port",
        "previous_version", "previous_start", "seconds",
    ]

    /// The same for failures that differ only in numbers and identifiers.
    var kind: String {
        let message = Self.template(of: String(self.message.prefix(300)))
        return "\(self.level.rawValue)|\(self.label)|\(self.failure?.type ?? "")|\(message)"
    }

    /// A message without what changes from one time to the next: every word with a digit in it is a `#`.
    static func template(of message: String) -> String {
        let words = message.split(separator: " ", omittingEmptySubsequences: false)
        return words.map { $0.contains(where: \.isNumber) ? "#" : String($0) }.joined(separator: " ")
    }
}
