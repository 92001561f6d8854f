import NIOCore
import Wire

/// Looks at the Redis of the job queue, without taking a job.
struct QueueCheck: Sendable {
    private static let subject = "REDIS_URL"

    let url: Secret
    let queue: String
    let eventLoopGroup: any EventLoopGroup

    /// - Parameters:
    ///   - url: Of the Redis.
    ///   - queue: The name of the queue.
    ///   - eventLoopGroup: Where the connection lives.
    init(url: Secret, queue: String, eventLoopGroup: any EventLoopGroup) {
        self.url = url
        self.queue = queue
        self.eventLoopGroup = eventLoopGroup
    }

    /// What was found: reachable or not, the versions, and what becomes of jobs when the memory is full.
    func findings() async -> [Finding] {
        let client: RedisClient
        do throws(RedisError) {
            client = RedisClient(try RedisConfiguration(url: self.url.value), on: self.eventLoopGroup.any())
        } catch {
            return [.failed(Self.subject, error.description)]
        }
        let findings = await self.findings(of: client)
        await client.close()
        return findings
    }

    private func findings(of client: RedisClient) async -> [Finding] {
        let keys = QueueKeys(queue: self.queue, prefix: QueueSettings().prefix)
        do throws(RedisError) {
            let facts = try await client.serverFacts()
            let producer = try await client.send(["HGET", keys.meta, "version"]).text
            let isPaused = try await client.send(["HEXISTS", keys.meta, "paused"]).integer == 1
            if let major = facts.majorVersion, major < QueueRequirements.redisMajorVersion {
                return [.failed(Self.subject, QueueRequirements.tooOld(facts))]
            }
            let version = facts.version.map { "Redis \($0)" } ?? "Redis of an unknown version"
            var findings = [Finding.ok(Self.subject, "\(version) answers, the queue is \(self.queue)")]
            if let warning = QueueRequirements.warning(evictionPolicy: facts.evictionPolicy) {
                findings.append(.warning(Self.subject, warning))
            }
            if let warning = QueueRequirements.warning(producerVersion: producer) {
                findings.append(.warning(Self.subject, warning))
            }
            if isPaused {
                findings.append(.warning(Self.subject, "the queue is paused. Resume it to have jobs taken."))
            }
            return findings
        } catch {
            return [.failed(Self.subject, error.description)]
        }
    }
}
