import Foundation
import NIOCore
import NIOHTTP1
import StandIns
import Testing

/// A server for events on loopback that takes nothing that breaks a rule.
final class SentryReceiver: Sendable {
    struct State: Sendable {
        /// Events that were taken, in order.
        var events: [StandInJSON] = []
        /// Requests, also those that were answered with something else than 200.
        var requestCount = 0
        /// Envelopes without an event.
        var emptyCount = 0
        /// Rules that were broken.
        var faults: [String] = []
    }

    static let key = "0123456789abcdef0123456789abcdef"
    static let path = "/glitch/api/42/envelope/"

    let state: Record<State>
    private let server: LoopbackServer

    private init(server: LoopbackServer, state: Record<State>) {
        self.server = server
        self.state = state
    }

    /// Starts a receiver; `answer` decides by the number of the request, nil takes what it holds.
    static func start(
        _ answer: @escaping @Sendable (_ index: Int) -> LoopbackResponse? = { _ in nil }
    ) async throws -> SentryReceiver {
        let state = Record(State())
        let server = try await LoopbackServer.start(
            behaviour: LoopbackServer.Behaviour(respond: { Self.respond(to: $0, state, answer) })
        )
        return SentryReceiver(server: server, state: state)
    }

    private static func respond(
        to request: LoopbackRequest,
        _ state: Record<State>,
        _ answer: (Int) -> LoopbackResponse?
    ) -> LoopbackResponse {
        do {
            let envelope = try ReceivedEnvelope(request, path: Self.path, key: Self.key)
            let index = state.read(\.requestCount)
            let other = answer(index)
            let isTaken = other.map { (200..<300).contains($0.status.code) } ?? true
            state.update { state in
                state.requestCount += 1
                if envelope.events.isEmpty { state.emptyCount += 1 }
                if isTaken { state.events += envelope.events }
            }
            return other ?? .json(["id": envelope.events.first?["event_id"] ?? ""])
        } catch {
            state.update {
                $0.requestCount += 1
                $0.faults.append("\(error)")
            }
            return .json(["detail": .string("\(error)")], status: .badRequest)
        }
    }

    var dsn: String { "http://\(Self.key)@127.0.0.1:\(self.server.port)/glitch/42" }

    /// Waits for so many events, and returns all of them.
    func events(_ count: Int) async throws -> [StandInJSON] {
        try await self.state.wait(for: "\(count) events", within: .seconds(60)) { state in
            state.events.count >= count || !state.faults.isEmpty ? state.events : nil
        }
    }

    func stop() async { await self.server.stop() }

    /// What an event says: the value of its exception, or its message.
    static func text(_ event: StandInJSON) -> String {
        event["logentry"]?["formatted"]?.string ?? event["exception"]?["values"]?.array?.first?["value"]?.string ?? ""
    }
}
