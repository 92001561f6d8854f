import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// What the router does with each accepted connection: HTTP routes and media streams on one port.
struct RouterChildChannel<Responder: HTTPResponder>: ServerChildChannel
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let responder: Responder
    let upgrades: UpgradeRules
    let limits: HTTPLimits
    let admission: ConnectionAdmission

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTPConnection> {
        channel.eventLoop.makeCompletedFuture {
            guard self.admission.hasRoom else {
                // The failure alone would leave the connection open and unheard.
                channel.close(promise: nil)
                throw ChannelError.operationUnsupported
            }
            try channel.syncOptions?.setOption(.recvAllocator, value: WebSocketHandler.readBuffers)
            var decoderLimits = NIOHTTPDecoderLimitConfiguration()
            decoderLimits.maxHeaderFieldSize = self.limits.headerByteCount
            decoderLimits.maxHeaderListSize = self.limits.headerByteCount
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits)
            )
            let pipelining = HTTPServerPipelineHandler()
            let (exchanges, continuation) = AsyncStream.makeStream(
                of: HTTPExchange.self,
                bufferingPolicy: .bufferingOldest(1)
            )
            let handler = HTTPConnectionHandler(
                limits: self.limits,
                upgrades: self.upgrades,
                exchanges: continuation,
                codec: [encoder, pipelining, decoder],
                admission: self.admission
            )
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, pipelining, handler])
            return HTTPConnection(
                channel: channel,
                exchanges: exchanges,
                handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
            )
        }
    }

    func handle(value connection: HTTPConnection, logger: Logger) async {
        for await exchange in connection.exchanges {
            let response = await self.respond(to: exchange.request, on: connection.channel, logger: logger)
            do {
                try await connection.write(response, to: exchange)
            } catch {
                logger.debug("A response could not be written", metadata: ["error": "\(error)"])
                break
            }
        }
        connection.abandon()
    }

    private func respond(to request: Request, on channel: any Channel, logger: Logger) async -> Response {
        let context = Responder.Context(source: .init(channel: channel, logger: logger))
        do {
            let response = try await self.responder.respond(to: request, context: context)
            return request.method == .head ? response.createHeadResponse() : response
        } catch {
            logger.error("A request failed unexpectedly", error: error)
            return APIError(.internalServerError, code: "internal", message: "The request failed here.").response
        }
    }
}
