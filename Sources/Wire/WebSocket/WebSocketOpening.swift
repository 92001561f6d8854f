import NIOCore

/// A connected channel whose upgrade is under way.
struct WebSocketOpening: Sendable {
    var channel: any Channel
    var promise: EventLoopPromise<NIOLoopBound<WebSocketHandler>>

    /// The open handler, as soon as the server has accepted; past `limit` the channel is closed.
    func wait(atMost limit: Duration) async throws -> NIOLoopBound<WebSocketHandler> {
        let deadline = self.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            self.promise.fail(WebSocketConnectError.timedOut)
            self.channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            return try await self.promise.futureResult.get()
        } catch {
            // A handshake that failed leaves nothing open.
            self.channel.close(promise: nil)
            throw error
        }
    }
}
