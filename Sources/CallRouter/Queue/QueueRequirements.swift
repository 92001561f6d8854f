import Wire

/// What a Redis and a queue must be for this worker.
package enum QueueRequirements {
    /// Streams, and sorted sets that block, came with version 5.
    package static let redisMajorVersion = 5
    /// The layout of the queue that this worker knows.
    package static let queueMajorVersion = 5

    /// What is wrong with an old server.
    package static func tooOld(_ facts: RedisServerFacts) -> String {
        "Redis \(facts.version ?? "of an unknown version") is too old for the job queue. Use version "
            + "\(Self.redisMajorVersion) or newer."
    }

    /// What is to be said of the library that fills the queue; nil where it is as expected, or does not tell.
    ///
    /// - Parameter version: The field `version` of the queue, such as `bullmq:5.59.0`.
    /// - Returns: A warning for the operator.
    package static func warning(producerVersion version: String?) -> String? {
        guard let version, version.hasPrefix("bullmq:") else { return nil }
        let number = version.dropFirst("bullmq:".count)
        guard let major = Int(number.prefix { $0 != "." }), major != Self.queueMajorVersion else { return nil }
        return "The job queue is filled by BullMQ \(number.prefix(32)), and this router knows version "
            + "\(Self.queueMajorVersion). Check that jobs are taken as they should be."
    }

    /// What is to be said of a server that may throw jobs away; nil where it does not.
    package static func warning(evictionPolicy policy: String?) -> String? {
        guard let policy, policy != "noeviction" else { return nil }
        return "its maxmemory-policy is \(policy): jobs may be lost when its memory is full. Set it to noeviction."
    }
}
