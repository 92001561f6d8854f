import NIOCore
import Wire

/// A delegate that tells a test what happened, in order, and echoes texts where asked to.
final class SocketProbe: WebSocketDelegate {
    enum Event: Sendable, Equatable {
        case text(String)
        case binary(Int)
        case writable(Bool)
        case closed(WebSocketClose)
    }

    /// What a probe tells.
    struct Events: Sendable {
        fileprivate let stream: AsyncStream<Event>
        fileprivate let continuation: AsyncStream<Event>.Continuation

        init() {
            (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(100_000))
        }

        /// The next event; nil once the socket is closed and everything was taken.
        func next() async -> Event? {
            var iterator = self.stream.makeAsyncIterator()
            return await iterator.next()
        }

        /// The rest, to the end of the socket.
        func rest() async -> [Event] {
            var events: [Event] = []
            for await event in self.stream { events.append(event) }
            return events
        }

        /// The end of the socket, past whatever comes before.
        func close() async -> WebSocketClose? {
            for event in await self.rest() { if case .closed(let close) = event { return close } }
            return nil
        }
    }

    private let events: Events
    private let isEcho: Bool
    private let onText: ((WebSocketHandler, String) -> Void)?
    private let onClosed: (() -> Void)?
    private var isClosed = false

    init(
        _ events: Events,
        isEcho: Bool = false,
        onText: ((WebSocketHandler, String) -> Void)? = nil,
        onClosed: (() -> Void)? = nil
    ) {
        self.events = events
        self.isEcho = isEcho
        self.onText = onText
        self.onClosed = onClosed
    }

    deinit { self.events.continuation.finish() }

    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
        precondition(!self.isClosed && readAt <= .now)
        if self.isEcho { handler.send(text: text) } else { self.events.continuation.yield(.text(String(buffer: text))) }
        self.onText?(handler, String(buffer: text))
    }

    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {
        precondition(!self.isClosed)
        self.events.continuation.yield(.binary(byteCount))
    }

    func webSocketReadComplete(_ handler: WebSocketHandler) {
        precondition(!self.isClosed)
        handler.flush()
    }

    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {
        precondition(!self.isClosed)
        self.events.continuation.yield(.writable(isWritable))
    }

    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) {
        precondition(!self.isClosed, "told the end twice")
        self.isClosed = true
        self.onClosed?()
        self.events.continuation.yield(.closed(close))
    }
}
