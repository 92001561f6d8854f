import NIOCore
import NIOPosix
import NIOSSL

/// One connection to Redis, signed in; commands are answered in the order in which they were sent.
package struct RedisConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>

    /// Whether commands can still be sent.
    var isActive: Bool { self.channel.isActive }

    /// Connects and signs in: TCP, TLS, `AUTH`, `SELECT`, and a `PING` that shows the server to be at work.
    ///
    /// - Parameters:
    ///   - configuration: Where, and as whom.
    ///   - eventLoop: Where the connection lives.
    /// - Returns: The connection, or a ``RedisError``; never later than the configured limit.
    static func open(_ configuration: RedisConfiguration, on eventLoop: any EventLoop) -> EventLoopFuture<
        RedisConnection
    > {
        let limit = TimeAmount(configuration.connectTimeout)
        let promise = eventLoop.makePromise(of: RedisConnection.self)
        let connecting = ClientBootstrap(group: eventLoop)
            .connectTimeout(limit)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in Self.prepare(channel, configuration) }
            .connect(host: configuration.url.host, port: configuration.url.port)
        let deadline = eventLoop.scheduleTask(in: limit) {
            promise.fail(RedisError.timedOut)
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        connecting.flatMap { channel in
            channel.pipeline.handler(type: RedisChannelHandler.self)
                .map { RedisConnection(channel: channel, handler: NIOLoopBound($0, eventLoop: channel.eventLoop)) }
                .flatMap { connection in
                    connection.signIn(configuration).map { connection }
                        .flatMapError { error in
                            channel.close(promise: nil)
                            return channel.eventLoop.makeFailedFuture(error)
                        }
                }
        }
        .flatMapErrorThrowing { throw Self.explain($0) }
        .cascade(to: promise)
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }

    private static func prepare(_ channel: any Channel, _ configuration: RedisConfiguration) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls = configuration.tls {
                let host = configuration.url.host
                // An address cannot be named in SNI; the certificate is then checked against the address itself.
                let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
            }
            try pipeline.addHandler(RedisChannelHandler())
        }
    }

    private func signIn(_ configuration: RedisConfiguration) -> EventLoopFuture<Void> {
        var commands: [[String]] = []
        if let password = configuration.url.password {
            commands.append(["AUTH"] + [configuration.url.user, password].compactMap(\.self))
        }
        if configuration.url.database != 0 { commands.append(["SELECT", String(configuration.url.database)]) }
        commands.append(["PING"])
        let answers = commands.map { self.answer(to: $0, timeout: nil) }
        // A name is for people who look; a server that does not take it is as good.
        if let name = configuration.clientName { _ = self.answer(to: ["CLIENT", "SETNAME", name], timeout: nil) }
        return EventLoopFuture.whenAllSucceed(answers, on: self.channel.eventLoop).flatMapThrowing { answers in
            for case .error(let text) in answers { throw RedisError(reply: text) }
        }
    }

    /// Sends a command; the future is always kept.
    private func answer(to words: [String], timeout: Duration?) -> EventLoopFuture<RESPValue> {
        let promise = self.channel.eventLoop.makePromise(of: RESPValue.self)
        let timeout = timeout.map { TimeAmount($0) }
        self.channel.eventLoop.execute { self.handler.value.send(words, timeout: timeout, promise: promise) }
        return promise.futureResult
    }

    /// Sends a command and waits for its answer, which is never an error of the server: those are thrown.
    ///
    /// - Parameters:
    ///   - words: The command and its arguments.
    ///   - timeout: For the answer; past it the connection is closed.
    /// - Returns: The answer.
    /// - Throws: ``RedisError``; the task's cancellation changes nothing.
    func send(_ words: [String], timeout: Duration) async throws(RedisError) -> RESPValue {
        let answer: RESPValue
        do {
            answer = try await self.answer(to: words, timeout: timeout).get()
        } catch {
            throw Self.explain(error)
        }
        if case .error(let text) = answer { throw RedisError(reply: text) }
        return answer
    }

    /// Closes the connection; what waits for an answer gets ``RedisError/connectionLost``.
    func close() { self.channel.close(promise: nil) }

    /// Closes the connection and returns when it is closed.
    func closed() async {
        self.channel.close(promise: nil)
        // It cannot fail: it is kept when the channel is closed, for whatever reason.
        try? await self.channel.closeFuture.get()
    }

    /// What went wrong below, in our words.
    static func explain(_ error: any Error) -> RedisError {
        switch error {
        case let error as RedisError: error
        case ChannelError.connectTimeout: .timedOut
        case let error as NIOConnectionError:
            .unreachable(error.connectionErrors.first.map { "\($0.error)" } ?? "no address was found for the host")
        case is ChannelError: .connectionLost
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: .unreachable("TLS: \(error)")
        default: .unreachable(String(describing: error))
        }
    }
}
