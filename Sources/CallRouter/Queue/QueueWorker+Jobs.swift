import CallActors
import Foundation
import Logging
import Wire

extension QueueWorker {
    /// Has one job done, and puts it where it then belongs.
    func work(on taken: TakenJob) async {
        let disposal = await self.disposal(of: taken.job)
        await self.settle(taken.job, taken.token, disposal)
        self.letGo(taken.job.id, token: taken.token)
    }

    private func disposal(of job: QueueJob) async -> JobDisposal {
        if let reason = job.deferredFailure { return .fail(reason: reason) }
        let order: NewCall
        do throws(CallJobData.Fault) {
            order = try CallJobData.order(of: job)
        } catch {
            return .fail(reason: error.description)
        }
        // What changed while the job was on its way: nothing was begun yet.
        guard !Task.isCancelled, self.handler.canTake else { return .putBack }
        let result = await self.handler.take(order)
        return JobDisposal.decide(
            result,
            for: job,
            callID: order.callID ?? job.id,
            isEnding: Task.isCancelled,
            now: self.now(),
            random: self.random()
        )
    }

    /// Writes what became of a job, again and again while the lock may still be ours.
    private func settle(_ job: QueueJob, _ token: String, _ disposal: JobDisposal) async {
        let metadata: Logger.Metadata = ["job_id": "\(job.id)"]
        if case .fail(let reason) = disposal {
            self.logger.notice("A job of the queue failed for good: \(reason)", metadata: metadata)
        }
        while true {
            do throws(RedisError) {
                guard try await self.queue.settle(job, token: token, disposal) else {
                    self.logger.warning("A job was no longer ours when it was done", metadata: metadata)
                    return
                }
                return self.logger.debug("A job of the queue is done", metadata: metadata)
            } catch {
                self.failed(error)
                let isOurs = self.holds[job.id].map { $0.token == token && $0.lockedUntil > .now } ?? false
                guard error.isConnectionFault, isOurs, !Task.isCancelled else {
                    return self.logger.warning(
                        "What became of a job could not be written; it will run again, and its call be known",
                        metadata: metadata
                    )
                }
                await self.sleep(max(.milliseconds(200), await self.queue.client.retryDelay))
            }
        }
    }

    /// Renews the locks of the jobs in hand.
    func keepLocks() async {
        while !Task.isCancelled {
            await self.sleep(self.settings.renewInterval)
            var failure = await self.renewLocks()
            while let error = failure, !Task.isCancelled {
                self.failed(error)
                await self.sleep(min(.seconds(1), self.settings.renewInterval))
                failure = await self.renewLocks()
            }
        }
    }

    private func renewLocks() async -> RedisError? {
        for (jobID, hold) in self.holds {
            do throws(RedisError) {
                let asked = ContinuousClock.now
                let isOurs = try await self.queue.renew(jobID, token: hold.token, lockTime: self.settings.lockTime)
                guard self.holds[jobID]?.token == hold.token else { continue }
                if isOurs {
                    self.holds[jobID]?.lockedUntil = asked.advanced(by: self.settings.lockTime)
                } else {
                    // Its handler goes on; what it says will not be written.
                    self.logger.warning("A job in hand was taken by another worker", metadata: ["job_id": "\(jobID)"])
                }
            } catch {
                return error
            }
        }
        return nil
    }

    /// Gives the jobs of dead workers back, as every worker does in turn.
    func sweepStalled() async {
        while !Task.isCancelled {
            do throws(RedisError) {
                let count = try await self.queue.sweep(
                    maximumStalls: self.settings.maximumStalls,
                    interval: self.settings.stalledInterval
                )
                if count > 0 {
                    self.logger.notice("Jobs of a worker that died wait again", metadata: ["count": "\(count)"])
                }
            } catch {
                if !Task.isCancelled { self.failed(error) }
            }
            await self.sleep(self.settings.stalledInterval)
        }
    }
}
