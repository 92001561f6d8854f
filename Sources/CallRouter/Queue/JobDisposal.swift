import Foundation
import NIOCore
import Wire

/// What happens to a job after its handler has returned.
package enum JobDisposal: Sendable, Equatable {
    /// Finished well; the return value as JSON.
    case complete(returnValue: String)
    /// Finished for good, badly.
    case fail(reason: String)
    /// Another attempt, now or in so many milliseconds; counts this one.
    case retry(reason: String, after: Int)
    /// Comes again at a time in milliseconds since 1970, which counts as no attempt.
    case delay(until: Int)
    /// Back to the front of its line, which counts as no attempt.
    case putBack

    /// A score of the delayed jobs must stay exact in a double: 2^53 / 4096 milliseconds, in September 2039.
    private static let latest = 2_199_023_255_550

    /// Decides what becomes of a job.
    ///
    /// - Parameters:
    ///   - result: What its handler says.
    ///   - job: As taken.
    ///   - callID: Of its order.
    ///   - isEnding: The process ends: what fails then is left to another worker.
    ///   - now: The present time.
    ///   - random: A random number from 0 to 1.
    /// - Returns: What is to be done with the job.
    package static func decide(
        _ result: CallJobResult,
        for job: QueueJob,
        callID: String,
        isEnding: Bool,
        now: Date,
        random: Double
    ) -> JobDisposal {
        switch result {
        case .accepted(let callSID):
            return .complete(returnValue: Self.returnValue(callID: callID, callSID: callSID))
        case .stored: return .complete(returnValue: Self.returnValue(callID: callID, callSID: nil))
        case .refused(let reason): return .fail(reason: reason)
        case .delay(let date):
            let due = max(now, date).timeIntervalSince1970 * 1_000
            return .delay(until: Int(min(due.rounded(.up), Double(Self.latest))))
        case .fault where isEnding: return .putBack
        case .fault(let reason):
            let made = job.attemptsMade + 1
            guard made < job.attempts else { return .fail(reason: reason) }
            return .retry(reason: reason, after: job.backoff?.wait(afterAttempts: made, random: random) ?? 0)
        }
    }

    private static func returnValue(callID: String, callSID: String?) -> String {
        var value: [String: JSONDocument] = ["callId": .string(callID)]
        if let callSID { value["callSid"] = .string(callSID) }
        return String(buffer: JSONDocument.object(value).encoded())
    }
}
