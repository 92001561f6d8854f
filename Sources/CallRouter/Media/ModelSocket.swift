import CallActors
import Crypto
import Foundation
import NIOCore
import Synchronization
import Wire

/// Opens sockets to the voice model in one dialect.
struct ModelSocketConnector: ModelConnector {
    let client: WebSocketClient
    let dialect: any ModelDialect
    let url: String
    let model: String
    let apiKey: String

    /// A model's message is at most this long: a session's echo or a long audio delta is some hundred KiB.
    private static let maxMessageByteCount = 16 << 20
    private static let timeout = Duration.seconds(5)

    func connect(on loop: CallLoop, endUser: String?, receiver: any ModelReceiver) async throws(ModelConnectError) {
        let dialect = self.dialect
        let headers = dialect.headers(apiKey: self.apiKey, safetyIdentifier: endUser.map(self.identifier))
        let made = MadeSocket()
        do throws(WebSocketConnectError) {
            let handler = try await self.client.connect(
                url: dialect.address(base: self.url, model: self.model),
                headers: headers,
                on: loop.eventLoop,
                maxMessageByteCount: Self.maxMessageByteCount,
                timeout: Self.timeout,
                makeDelegate: {
                    let socket = ModelSocket(dialect: dialect, loop: loop, receiver: receiver)
                    made.socket.withLock { $0 = NIOLoopBound(socket, eventLoop: loop.eventLoop) }
                    return socket
                }
            )
            // A model that says nothing is open all the same: its set-up is timed from here.
            loop.eventLoop.execute { made.socket.withLock { $0 }?.value.open(handler.value) }
        } catch {
            switch error {
            case .refused(let status): throw .refused(status: status)
            case .unreachable(let reason), .badURL(let reason): throw .unreachable(reason)
            case .timedOut: throw .timedOut
            }
        }
    }

    /// The socket that was made for a connection, for use once the connection is there.
    private final class MadeSocket: Sendable {
        let socket = Mutex<NIOLoopBound<ModelSocket>?>(nil)
    }

    /// Tells end users apart without telling who they are: a hash keyed with a secret of ours.
    private func identifier(_ endUser: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(endUser.utf8),
            using: SymmetricKey(data: Data(self.apiKey.utf8))
        )
        return code.prefix(16).map { String(format: "%02x", $0) }.joined()
    }
}

/// One model socket: reads the model's messages and hands them to the session on the same loop.
final class ModelSocket: WebSocketDelegate {
    private let dialect: any ModelDialect
    private let loop: CallLoop
    private let receiver: any ModelReceiver
    private var isOpen = false
    private var isClosed = false
    private var recent = RecentIdentifiers()
    private var keepAlive: NIOScheduledCallback?
    private var handler: WebSocketHandler?

    /// Nobody documents that idle model sockets are cut, nor that they are not.
    private static let pingInterval = TimeAmount.seconds(20)

    init(dialect: any ModelDialect, loop: CallLoop, receiver: any ModelReceiver) {
        self.dialect = dialect
        self.loop = loop
        self.receiver = receiver
    }

    /// Tells the session of its link, before anything else.
    func open(_ handler: WebSocketHandler) {
        guard !self.isOpen, !self.isClosed else { return }
        self.isOpen = true
        let bound = NIOLoopBound(handler, eventLoop: self.loop.eventLoop)
        self.handler = handler
        self.awaitPing()
        self.receiver.modelOpened(ModelSocketLink(dialect: self.dialect, handler: bound))
    }

    private func awaitPing() {
        let alarm = PingAlarm(socket: NIOLoopBound(self, eventLoop: self.loop.eventLoop))
        // Fails on a loop that is shut down, and for no other reason.
        self.keepAlive = try? self.loop.eventLoop.scheduleCallback(in: Self.pingInterval, handler: alarm)
    }

    private struct PingAlarm: NIOScheduledCallbackHandler, Sendable {
        let socket: NIOLoopBound<ModelSocket>

        func handleScheduledCallback(eventLoop: some EventLoop) {
            guard let handler = self.socket.value.handler else { return }
            handler.ping()
            self.socket.value.awaitPing()
        }
    }

    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
        self.open(handler)
        do throws(ModelMessageError) {
            self.receiver.model(event: try self.dialect.decode(text, reusing: &self.recent), readAt: readAt)
        } catch {
            self.receiver.modelSentMalformedMessage(error)
        }
    }

    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {
        self.receiver.modelSentMalformedMessage(ModelMessageError(byteCount: byteCount, reason: "a binary message"))
    }

    func webSocketReadComplete(_ handler: WebSocketHandler) { if self.isOpen { self.receiver.modelReadComplete() } }

    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {}

    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) {
        guard !self.isClosed else { return }
        self.open(handler)
        self.isClosed = true
        self.keepAlive?.cancel()
        self.keepAlive = nil
        self.handler = nil
        self.receiver.modelClosed(code: close.code, reason: close.reason)
    }
}

/// A session's hold on its model socket, on the loop of both.
final class ModelSocketLink: ModelLink {
    private let dialect: any ModelDialect
    private let handler: NIOLoopBound<WebSocketHandler>
    /// What stands around each piece of audio.
    private let prefix: StaticString
    private let suffix: StaticString

    init(dialect: any ModelDialect, handler: NIOLoopBound<WebSocketHandler>) {
        self.dialect = dialect
        self.handler = handler
        (self.prefix, self.suffix) = dialect.appendEnvelope
    }

    var isWritable: Bool { self.handler.value.isWritable }

    func append(base64: ByteBuffer) { self.handler.value.send(prefix: self.prefix, base64, suffix: self.suffix) }

    func send(_ command: ModelCommand, eventID: String) {
        self.handler.value.send(text: self.dialect.encode(command, eventID: eventID))
    }

    func flush() { self.handler.value.flush() }

    func close() { self.handler.value.close(code: 1000, reason: "") }
}
