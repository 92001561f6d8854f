import DequeModule
import NIOCore
import NIOSSL

/// Matches the answers of one connection to the commands that were sent on it, in order.
///
/// Lives on its event loop. A command whose answer is late closes the connection: the answers behind it could not be
/// told apart any more.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Commands that may wait for their answers.
    private static let capacity = 1_000

    private struct Pending {
        var promise: EventLoopPromise<RESPValue>
        var deadline: Scheduled<Void>?
    }

    private var parser = RESPParser()
    private var pending = Deque<Pending>()
    private var context: ChannelHandlerContext?
    /// Why the connection ends; the first reason counts.
    private var failure: RedisError?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(.connectionLost)
        self.context = nil
    }

    /// Sends a command; the promise is always kept.
    ///
    /// - Parameters:
    ///   - words: The command and its arguments.
    ///   - timeout: For its answer; nil for none.
    ///   - promise: Gets the answer, errors of the server included.
    func send(_ words: [String], timeout: TimeAmount?, promise: EventLoopPromise<RESPValue>) {
        guard self.failure == nil, let context = self.context else {
            return promise.fail(self.failure ?? .connectionLost)
        }
        guard self.pending.count < Self.capacity else { return promise.fail(RedisError.overloaded) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let deadline = timeout.map { context.eventLoop.scheduleTask(in: $0) { bound.value.giveUp(.timedOut) } }
        self.pending.append(Pending(promise: promise, deadline: deadline))
        var buffer = context.channel.allocator.buffer(capacity: 256)
        RESPCommand.write(words, to: &buffer)
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.parser.append(self.unwrapInboundIn(data))
        do throws(RESPBreach) {
            while let value = try self.parser.next() {
                guard let answered = self.pending.popFirst() else { return self.giveUp(.connectionLost) }
                answered.deadline?.cancel()
                answered.promise.succeed(value)
            }
        } catch {
            self.giveUp(.breach(error))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.connectionLost)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Redis closes TCP without closing TLS first.
        if case NIOSSLError.uncleanShutdown = error { return self.giveUp(.connectionLost) }
        self.giveUp(RedisConnection.explain(error))
    }

    private func giveUp(_ reason: RedisError) {
        self.end(reason)
        self.context?.close(promise: nil)
    }

    private func end(_ reason: RedisError) {
        let reason = self.failure ?? reason
        self.failure = reason
        while let waiting = self.pending.popFirst() {
            waiting.deadline?.cancel()
            waiting.promise.fail(reason)
        }
    }
}
