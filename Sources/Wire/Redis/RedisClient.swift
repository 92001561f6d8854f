import NIOCore

/// A connection to Redis that mends itself: made at the first command, and made again after it was lost.
///
/// A command whose connection is lost fails, and is never sent twice by itself. While the server cannot be reached,
/// commands fail at once until the next attempt is due. Commands that block belong on a client of their own.
package actor RedisClient {
    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let jitter: @Sendable () -> Double
    private var connection: RedisConnection?
    private var opening: EventLoopFuture<RedisConnection>?
    private var backoff = RedisBackoff()
    private var lastFailure = RedisError.connectionLost
    private var isClosed = false

    /// A client that connects when it is first used.
    ///
    /// - Parameters:
    ///   - configuration: Where, and as whom.
    ///   - eventLoop: Where its connections live.
    ///   - jitter: A random number from 0 to 1.
    package init(
        _ configuration: RedisConfiguration,
        on eventLoop: any EventLoop,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.jitter = jitter
    }

    /// How long commands fail without an attempt to connect.
    package var retryDelay: Duration { self.connection == nil ? self.backoff.wait(at: .now) : .zero }

    /// Sends a command and waits for its answer.
    ///
    /// - Parameter words: The command and its arguments.
    /// - Returns: The answer, never an error of the server.
    /// - Throws: ``RedisError``; the task's cancellation changes nothing.
    package func send(_ words: [String]) async throws(RedisError) -> RESPValue {
        let connection = try await self.connected()
        do throws(RedisError) {
            return try await connection.send(words, timeout: self.configuration.commandTimeout)
        } catch {
            // The name may lead to the new primary by now.
            if case .refused(code: "READONLY", _) = error { connection.close() }
            throw error
        }
    }

    /// Sends a command that blocks, and gives up its connection where the task is cancelled meanwhile.
    ///
    /// - Parameters:
    ///   - words: The command and its arguments.
    ///   - time: How long the command itself may block; the usual limit for an answer comes on top.
    /// - Returns: The answer, never an error of the server.
    /// - Throws: ``RedisError``; ``RedisError/connectionLost`` where the task was cancelled.
    package func sendBlocking(_ words: [String], upTo time: Duration) async throws(RedisError) -> RESPValue {
        let connection = try await self.connected()
        let limit = time + self.configuration.commandTimeout
        do {
            return try await withTaskCancellationHandler {
                try await connection.send(words, timeout: limit)
            } onCancel: {
                connection.close()
            }
        } catch {
            throw RedisConnection.explain(error)
        }
    }

    /// Runs a script by its digest, and with its text where the server does not know it.
    ///
    /// - Parameters:
    ///   - script: What to run.
    ///   - keys: `KEYS`.
    ///   - arguments: `ARGV`.
    /// - Returns: What the script returned.
    /// - Throws: ``RedisError``.
    package func evaluate(
        _ script: RedisScript,
        keys: [String],
        arguments: [String]
    ) async throws(RedisError) -> RESPValue {
        let rest = [String(keys.count)] + keys + arguments
        do throws(RedisError) {
            return try await self.send(["EVALSHA", script.digest] + rest)
        } catch {
            guard case .refused(code: "NOSCRIPT", _) = error else { throw error }
        }
        return try await self.send(["EVAL", script.source] + rest)
    }

    /// Closes the connection for good; commands that wait, and later ones, fail.
    package func close() async {
        self.isClosed = true
        let connection = self.connection
        self.connection = nil
        await connection?.closed()
    }

    private func connected() async throws(RedisError) -> RedisConnection {
        if self.isClosed { throw .closed }
        if let connection = self.connection {
            if connection.isActive { return connection }
            self.connection = nil
        }
        if self.opening == nil, self.backoff.wait(at: .now) > .zero { throw self.lastFailure }
        let isFirst = self.opening == nil
        let opening = self.opening ?? RedisConnection.open(self.configuration, on: self.eventLoop)
        self.opening = opening
        let result: Result<RedisConnection, RedisError>
        do {
            result = .success(try await opening.get())
        } catch {
            result = .failure(RedisConnection.explain(error))
        }
        if isFirst { self.opened(result) }
        let connection = try result.get()
        guard !self.isClosed else {
            connection.close()
            throw .closed
        }
        return connection
    }

    private func opened(_ result: Result<RedisConnection, RedisError>) {
        self.opening = nil
        switch result {
        case .success(let connection):
            self.backoff.succeeded()
            if !self.isClosed { self.connection = connection }
        case .failure(let error):
            self.lastFailure = error
            self.backoff.failed(at: .now, jitter: self.jitter())
        }
    }
}
