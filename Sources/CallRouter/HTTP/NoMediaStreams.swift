import NIOCore
import NIOHTTP1

/// Refuses every stream: for a port that has none.
struct NoMediaStreams: MediaStreamAccepting {
    func decide(_ head: HTTPRequestHead, remoteAddress: SocketAddress?) -> UpgradeDecision { .reject(.notFound) }

    func install(on channel: any Channel, head: HTTPRequestHead, remoteAddress: SocketAddress?) throws {
        throw ChannelError.operationUnsupported
    }
}
