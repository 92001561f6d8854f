import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// The asynchronous face of one connection: its requests as a stream, and a way to answer them.
struct HTTPConnection: ServerChildChannelValue {
    let channel: any Channel
    /// At most one at a time: the next comes after the response to the one before.
    let exchanges: AsyncStream<HTTPExchange>
    let handler: NIOLoopBound<HTTPConnectionHandler>

    /// Writes the response to `exchange`, as fast as the peer takes it.
    func write(_ response: Response, to exchange: HTTPExchange) async throws {
        var head = HTTPResponseHead(response.head)
        // A response that never has a body must not tell its length (RFC 9110 §8.6).
        if response.status.code == 204 { head.headers.remove(name: "Content-Length") }
        head.headers.replaceOrAdd(name: "Date", value: HTTPDate.now)
        // A response without an end: each part goes out at once, and nothing comes after it.
        let isLive = response.headers[.contentType] == "text/event-stream"
        let keepsAlive = exchange.keepsAlive && !isLive
        if isLive { self.watch() }
        if !keepsAlive {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        } else if exchange.isHTTP10 {
            head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        let writer = HTTPResponseBodyWriter(connection: self, head: head, keepsAlive: keepsAlive, isLive: isLive)
        try await response.body.write(writer)
    }

    /// Writes one part of the response and returns when the socket has taken it.
    func write(head: HTTPResponseHead?, body: ByteBuffer?, isLast: Bool, keepsAlive: Bool) async throws {
        let handler = self.handler
        let eventLoop = self.channel.eventLoop
        try await eventLoop.flatSubmit {
            handler.value.respond(head: head, body: body, isLast: isLast, keepsAlive: keepsAlive)
                ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }.get()
    }

    /// From now on the end of the peer's output is the end of the connection: nobody listens to what comes.
    private func watch() {
        let handler = self.handler
        self.channel.eventLoop.execute { handler.value.watch() }
    }

    /// Closes the connection, unless it has become a media stream.
    func abandon() {
        let handler = self.handler
        self.channel.eventLoop.execute { handler.value.abandon() }
    }
}
