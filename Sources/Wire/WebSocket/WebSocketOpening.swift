import NIOCore

/// A connected channel whose upgrade is under way.
struct WebSocketOpening: Sendable {
    var channel: any Channel
    var promise: EventLoopPromise<NIOLoopBound<WebSocketHandler>>

    /// The open handler, as soon as the server has accepted.
    ///
    /// Past `limit`, or when the task is cancelled, the channel is closed.
    func wait(atMost limit: Duration) async throws -> NIOLoopBound<WebSocketHandler> {
        let deadline = self.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { self.giveUp(.timedOut) }
        defer { deadline.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await self.promise.futureResult.get()
            } onCancel: {
                self.giveUp(.unreachable("the attempt was cancelled"))
            }
        } catch {
            // A handshake that failed leaves nothing open.
            self.channel.close(promise: nil)
            throw error
        }
    }

    private func giveUp(_ error: WebSocketConnectError) {
        self.promise.fail(error)
        self.channel.close(promise: nil)
    }
}
