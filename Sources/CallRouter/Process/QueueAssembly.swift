import CallActors
import Logging
import Wire

/// The worker of the job queue, where there is one.
enum QueueAssembly {
    /// nil without `REDIS_URL`.
    static func worker(
        _ context: RouterContext,
        jobs: DiallerJobs,
        metering: any CallMetering
    ) throws(StartError) -> QueueWorker? {
        let dialling = context.configuration.dialling
        guard let url = dialling.redisURL else { return nil }
        let redis: RedisConfiguration
        do throws(RedisError) { redis = try RedisConfiguration(url: url.value) } catch {
            throw .partUnusable(part: "The job queue (REDIS_URL)", reason: "\(error)")
        }
        var logger = context.logger
        logger[metadataKey: "part"] = "queue"
        return QueueWorker(
            name: dialling.queue,
            redis: redis,
            on: context.eventLoopGroup,
            handler: DiallerJobHandler(jobs: jobs),
            pace: QueuePace(perSecond: dialling.callsPerSecond),
            metering: metering,
            logger: logger
        )
    }
}

/// Hands jobs to the desk of the dialler.
private struct DiallerJobHandler: CallJobHandler {
    let jobs: DiallerJobs

    var canTake: Bool { self.jobs.canTake }

    func take(_ order: NewCall) async -> CallJobResult {
        switch await self.jobs.take(order) {
        case .accepted(let callSID): .accepted(callSID: callSID)
        case .stored: .stored
        case .delay(let date): .delay(until: date)
        case .refused(let reason): .refused(reason)
        case .fault(let reason): .fault(reason)
        }
    }
}
