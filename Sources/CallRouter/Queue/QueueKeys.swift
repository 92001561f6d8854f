import Foundation

/// The names under which a queue keeps its things in Redis.
package struct QueueKeys: Sendable, Equatable {
    /// Before the name of a part or the ID of a job, as in `bull:calls:`.
    package let prefix: String
    private let qualifiedName: String

    /// - Parameters:
    ///   - queue: Its name.
    ///   - prefix: Before it; with a hash tag where the server is a cluster.
    package init(queue: String, prefix: String) {
        self.prefix = "\(prefix):\(queue):"
        // What BullMQ's own workers are called, so that its tools list this one too.
        self.qualifiedName = "\(prefix):\(Data(queue.utf8).base64EncodedString())"
    }

    /// `KEYS` of every script, in the order of ``QueueScripts``' prelude.
    var all: [String] {
        [
            "wait", "active", "prioritized", "delayed", "completed", "failed", "paused", "meta", "events", "stalled",
            "stalled-check", "limiter", "marker", "pc",
        ].map { self.prefix + $0 }
    }

    var marker: String { self.prefix + "marker" }
    var meta: String { self.prefix + "meta" }

    /// What the connections of a worker are called.
    func clientName(worker: String?) -> String {
        let name = worker.map { self.qualifiedName + ":w:" + $0 } ?? self.qualifiedName
        // A name with spaces or control characters is refused.
        return String(String.UnicodeScalarView(name.unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }))
    }
}
