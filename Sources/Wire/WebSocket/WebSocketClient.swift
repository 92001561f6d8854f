import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Opens WebSockets as a client: TCP, TLS for wss, the HTTP upgrade, then a ``WebSocketHandler``.
package struct WebSocketClient: Sendable {
    private let tls: NIOSSLContext?

    /// - Parameter tls: Shared by all connections of the process; without it only `ws://` can be opened.
    package init(tls: NIOSSLContext?) { self.tls = tls }

    /// The TLS context for ``init(tls:)``: the system's trust roots, certificates always verified, HTTP/1.1 by ALPN.
    ///
    /// Loading the roots takes milliseconds and memory, so make one per process.
    ///
    /// - Parameter additionalRoots: Trusted beside the system's.
    /// - Returns: The context, for the life of the process.
    /// - Throws: An error of NIOSSL where the roots cannot be loaded.
    package static func makeTLSContext(additionalRoots: [NIOSSLCertificate] = []) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if !additionalRoots.isEmpty { configuration.additionalTrustRoots = [.certificates(additionalRoots)] }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Opens `url` on `eventLoop` and installs a handler.
    ///
    /// Messages that the server sends right behind its 101 answer, and the end of the connection, may reach the delegate
    /// before this returns. Cancelling the task ends the attempt at once, but for the look-up of the host.
    ///
    /// - Parameters:
    ///   - url: `ws://` or `wss://`, with port, path and query as needed.
    ///   - headers: More headers of the upgrade request, such as `Authorization`.
    ///   - eventLoop: Where the connection lives.
    ///   - maxMessageByteCount: Limit of a whole incoming message.
    ///   - timeout: Bound on all of it, from the look-up of the host to the answer.
    ///   - makeDelegate: Called on the loop once the server has accepted.
    /// - Returns: The open handler, for use on `eventLoop`.
    /// - Throws: Why there is none: refused, unreachable, timed out, or a URL that cannot be used.
    package func connect(
        url: String,
        headers: [(name: String, value: String)] = [],
        on eventLoop: any EventLoop,
        maxMessageByteCount: Int,
        timeout: Duration = .seconds(10),
        makeDelegate: @escaping @Sendable () -> any WebSocketDelegate
    ) async throws(WebSocketConnectError) -> NIOLoopBound<WebSocketHandler> {
        let address = try WebSocketURL(url)
        let request = try Self.makeRequest(address, headers: headers)
        let cancellation = WebSocketCancellation()
        let attempt = WebSocketAttempt(
            address: address,
            request: request,
            tls: try self.context(for: address),
            maxMessageByteCount: maxMessageByteCount,
            cancellation: cancellation,
            makeDelegate: makeDelegate
        )
        do {
            return try await withTaskCancellationHandler {
                try await Self.open(attempt, on: eventLoop, timeout: timeout)
            } onCancel: {
                cancellation.cancel()
            }
        } catch {
            if cancellation.isCancelled { throw .unreachable("the attempt was cancelled") }
            throw Self.explain(error)
        }
    }

    private static func open(
        _ attempt: WebSocketAttempt,
        on eventLoop: any EventLoop,
        timeout: Duration
    ) async throws -> NIOLoopBound<WebSocketHandler> {
        let started = ContinuousClock.now
        let opening = try await ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            // Messages and the end of TCP may come together, see `WebSocketAnswerGate`; the handler then closes.
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: WebSocketHandler.readBuffers)
            .connect(host: attempt.address.host, port: attempt.address.port) { channel in attempt.start(on: channel) }
        return try await opening.wait(atMost: timeout - started.duration(to: .now))
    }

    private func context(for address: WebSocketURL) throws(WebSocketConnectError) -> NIOSSLContext? {
        guard address.isSecure else { return nil }
        guard let tls = self.tls else { throw .badURL("its scheme is wss, and this client was made without TLS") }
        return tls
    }

    private static func makeRequest(
        _ address: WebSocketURL,
        headers: [(name: String, value: String)]
    ) throws(WebSocketConnectError) -> HTTPRequestHead {
        var request = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target)
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .badURL("a header holds a line break or another control character") }
            request.headers.add(name: name, value: value)
        }
        if !request.headers.contains(name: "Host") { request.headers.add(name: "Host", value: address.hostHeader) }
        return request
    }

    /// What went wrong below, in our words.
    private static func explain(_ error: any Error) -> WebSocketConnectError {
        switch error {
        case let error as WebSocketConnectError: error
        case ChannelError.connectTimeout: .timedOut
        case let error as NIOConnectionError: Self.explain(error)
        case is NIOHTTPClientUpgradeError: .unreachable("the answer is no sound WebSocket handshake")
        case is HTTPParserError: .unreachable("the answer is no sound HTTP")
        case is ChannelError: .unreachable("the connection was closed during the handshake")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: .unreachable("TLS: \(error)")
        default: .unreachable(String(describing: error))
        }
    }

    private static func explain(_ error: NIOConnectionError) -> WebSocketConnectError {
        if let failure = error.connectionErrors.first?.error {
            if case ChannelError.connectTimeout = failure { return .timedOut }
            return .unreachable(String(describing: failure))
        }
        return .unreachable("no address was found for \(error.host)")
    }
}
