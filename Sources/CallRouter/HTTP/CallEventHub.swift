import CallActors
import Foundation
import Synchronization

/// Hands what happens in calls to everybody who follows `GET /v1/events`.
///
/// A follower that reads too slowly loses the oldest events, never anybody else's.
package final class CallEventHub: CallObserver {
    /// One notice about one call.
    package struct Event: Sendable, Equatable {
        package var notice: CallNotice
        package var callID: String
        package var at: Date

        package init(notice: CallNotice, callID: String, at: Date) {
            self.notice = notice
            self.callID = callID
            self.at = at
        }
    }

    private struct State {
        var followers: [Int: AsyncStream<CallEventFollower.Signal>.Continuation] = [:]
        var next = 0
    }

    /// Events that one follower may leave unread.
    static let limit = 256
    /// Followers at a time.
    static let followerLimit = 64

    private let state = Mutex(State())

    package init() {}

    /// Those who follow now.
    package var followerCount: Int { self.state.withLock { $0.followers.count } }

    package func observe(_ notice: CallNotice, callID: String, at: Date) {
        let followers = self.state.withLock { Array($0.followers.values) }
        for follower in followers { follower.yield(.event(Event(notice: notice, callID: callID, at: at))) }
    }

    /// The events from now on, until the follower stops; nil where too many follow already.
    package func follow() -> CallEventFollower? {
        let (signals, continuation) = AsyncStream.makeStream(
            of: CallEventFollower.Signal.self,
            bufferingPolicy: .bufferingNewest(Self.limit)
        )
        let key: Int? = self.state.withLock { state in
            guard state.followers.count < Self.followerLimit else { return nil }
            state.next += 1
            state.followers[state.next] = continuation
            return state.next
        }
        guard let key else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.followers.removeValue(forKey: key) }
        }
        return CallEventFollower(signals: signals, continuation: continuation)
    }
}
