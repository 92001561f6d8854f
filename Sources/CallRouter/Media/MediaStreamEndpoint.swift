import CallActors
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// Where carriers open media streams.
struct MediaStreamEndpoint: MediaStreamAccepting {
    let gate: StreamGate
    let metrics: any CallMetering
    let logger: Logger

    /// A carrier's message is at most this long; one more byte closes with 1009.
    private static let maxMessageByteCount = 64 * 1024

    func decide(_ head: HTTPRequestHead, remoteAddress: SocketAddress?) -> UpgradeDecision {
        let decision = self.gate.decide(head)
        switch decision {
        case .accept: break
        case .reject(.serviceUnavailable):
            self.metrics.streamRejected(self.gate.isDraining() ? .draining : .atCapacity)
        case .reject: self.metrics.streamRejected(.token)
        }
        return decision
    }

    func install(on channel: any Channel, head: HTTPRequestHead, remoteAddress: SocketAddress?) throws {
        let stream = CarrierStream(
            gate: self.gate,
            metrics: self.metrics,
            credentials: StreamGate.Credentials(bearer: StreamGate.bearer(head)),
            loop: CallLoop(channel.eventLoop),
            logger: self.logger
        )
        let handler = WebSocketHandler(
            role: .server,
            isPlain: true,
            maxMessageByteCount: Self.maxMessageByteCount,
            delegate: stream
        )
        try channel.pipeline.syncOperations.addHandler(handler)
        stream.begin(handler)
    }
}
