import NIOCore
import Wire

/// A job as the queue keeps it: the fields of its hash that a worker needs.
package struct QueueJob: Sendable, Equatable {
    package var id: String
    package var name: String
    /// JSON, as the producer wrote it.
    package var data: String
    /// Attempts in all; 1 where the producer asked for none.
    package var attempts: Int
    /// Attempts that were finished before.
    package var attemptsMade: Int
    package var backoff: JobBackoff?
    package var retentionWhenCompleted: JobRetention
    package var retentionWhenFailed: JobRetention
    /// A retried job goes to the front of the line.
    package var isLIFO: Bool
    /// Why the job is to be failed instead of run.
    package var deferredFailure: String?
    /// Of the attempts before, oldest first.
    package var stackTraces: [String]
    /// How many of them are kept; nil: all.
    package var stackTraceLimit: Int?
    /// Under which a producer keeps out further jobs.
    package var deduplicationID: String?

    /// Reads the fields of a hash; what is missing or broken gets its default.
    package init(id: String, fields: [String: String]) {
        let options = fields["opts"].flatMap { JSONDocument(parsing: $0) } ?? [:]
        self.id = id
        self.name = fields["name"] ?? ""
        self.data = fields["data"] ?? ""
        self.attempts = max(1, options["attempts"]?.double.map { Int($0) } ?? 1)
        // The long name is that of jobs which were written by old versions.
        self.attemptsMade = Self.count(fields["attemptsMade"]) ?? Self.count(fields["atm"]) ?? 0
        self.backoff = JobBackoff(options["backoff"])
        self.retentionWhenCompleted = JobRetention(options["removeOnComplete"])
        self.retentionWhenFailed = JobRetention(options["removeOnFail"])
        self.isLIFO = options["lifo"] == .bool(true)
        self.deferredFailure = fields["defa"]
        self.stackTraceLimit = options["stackTraceLimit"]?.double.map { max(0, Int($0)) }
        self.deduplicationID = fields["deid"]
        guard case .array(let traces) = fields["stacktrace"].flatMap({ JSONDocument(parsing: $0) }) else {
            self.stackTraces = []
            return
        }
        self.stackTraces = traces.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// The traces with one more, as JSON.
    package func stackTraces(adding reason: String) -> String {
        var traces = self.stackTraces + ["Error: \(reason)"]
        if let limit = self.stackTraceLimit { traces = traces.suffix(limit) }
        return String(buffer: JSONDocument.array(traces.map { .string($0) }).encoded())
    }

    private static func count(_ text: String?) -> Int? { text.flatMap { Int($0) } }
}
