import NIOCore
import Synchronization
import Wire

/// Opens one WebSocket, waits for what comes, and closes it: for `check` and `probe`.
final class WebSocketVisitor: Sendable {
    /// What came on the socket.
    enum Arrival: Sendable {
        case message(ByteBuffer)
        case closed(WebSocketClose)
    }

    private let eventLoop: any EventLoop
    private let inbox: NIOLoopBound<Inbox>
    private let handler: NIOLoopBound<WebSocketHandler>

    /// Opens `url` on `eventLoop`, within `timeout`.
    init(
        _ client: WebSocketClient,
        url: String,
        headers: [(name: String, value: String)] = [],
        on eventLoop: any EventLoop,
        timeout: Duration
    ) async throws(WebSocketConnectError) {
        let made = Made()
        self.handler = try await client.connect(
            url: url,
            headers: headers,
            on: eventLoop,
            maxMessageByteCount: 1 << 20,
            timeout: timeout,
            makeDelegate: {
                let inbox = Inbox()
                made.inbox.withLock { $0 = NIOLoopBound(inbox, eventLoop: eventLoop) }
                return inbox
            }
        )
        guard let inbox = made.inbox.withLock({ $0 }) else { throw .unreachable("the connection closed at once") }
        self.inbox = inbox
        self.eventLoop = eventLoop
    }

    /// The next that comes, or nil where nothing does in time.
    ///
    /// One at a time.
    func next(within limit: Duration) async -> Arrival? {
        let (inbox, eventLoop) = (self.inbox, self.eventLoop)
        return try? await eventLoop.flatSubmit { inbox.value.next(within: TimeAmount(limit), on: eventLoop) }.get()
    }

    /// Waits for the close, past any messages; nil where it does not come in time.
    func closed(within limit: Duration) async -> WebSocketClose? {
        let deadline = ContinuousClock.now + limit
        while case let arrival? = await self.next(within: ContinuousClock.now.duration(to: deadline)) {
            if case .closed(let close) = arrival { return close }
        }
        return nil
    }

    func send(_ text: String) {
        let handler = self.handler
        self.eventLoop.execute {
            handler.value.send(text: text)
            handler.value.flush()
        }
    }

    func close() {
        let handler = self.handler
        self.eventLoop.execute { handler.value.close(code: WebSocketCloseCode.normal, reason: "") }
    }

    private final class Made: Sendable {
        let inbox = Mutex<NIOLoopBound<Inbox>?>(nil)
    }

    /// What came and was not asked for yet; confined to the loop.
    private final class Inbox: WebSocketDelegate {
        /// Only the first messages matter to a visitor; the close always gets in.
        private static let limit = 64
        private var arrivals: [Arrival] = []
        private var waiter: EventLoopPromise<Arrival?>?

        func next(within limit: TimeAmount, on eventLoop: any EventLoop) -> EventLoopFuture<Arrival?> {
            guard self.arrivals.isEmpty else { return eventLoop.makeSucceededFuture(self.arrivals.removeFirst()) }
            let promise = eventLoop.makePromise(of: Arrival?.self)
            self.waiter = promise
            _ = eventLoop.assumeIsolated().scheduleTask(in: limit) {
                guard self.waiter?.futureResult === promise.futureResult else { return }
                self.waiter = nil
                promise.succeed(nil)
            }
            return promise.futureResult
        }

        private func add(_ arrival: Arrival) {
            if let waiter = self.waiter {
                self.waiter = nil
                waiter.succeed(arrival)
            } else {
                self.arrivals.append(arrival)
            }
        }

        func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
            guard self.arrivals.count < Self.limit else { return }
            self.add(.message(text))
        }

        func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {}
        func webSocketReadComplete(_ handler: WebSocketHandler) {}
        func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {}
        func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) { self.add(.closed(close)) }
    }
}
