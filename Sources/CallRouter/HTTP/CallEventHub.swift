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
    }

    private struct State {
        var followers: [Int: AsyncStream<Event>.Continuation] = [:]
        var next = 0
    }

    /// Events that one follower may leave unread.
    static let limit = 256

    private let state = Mutex(State())

    package init() {}

    package func observe(_ notice: CallNotice, callID: String, at: Date) {
        let followers = self.state.withLock { Array($0.followers.values) }
        for follower in followers { follower.yield(Event(notice: notice, callID: callID, at: at)) }
    }

    /// The events from now on, until the follower stops.
    package func follow() -> AsyncStream<Event> {
        let (events, continuation) = AsyncStream.makeStream(
            of: Event.self,
            bufferingPolicy: .bufferingNewest(Self.limit)
        )
        let key = self.state.withLock { state in
            state.next += 1
            state.followers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.followers.removeValue(forKey: key) }
        }
        return events
    }
}
