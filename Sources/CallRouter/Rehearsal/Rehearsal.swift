import CallActors
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// A call played through the router's own parts before it listens: an answer, an interruption, a hang-up.
///
/// The first use of a part makes the runtime build its tables and the kernel map its code and that of libraries: two
/// megabytes, and some milliseconds that the calls on the same loop would wait for as well. No caller after a deploy shall
/// pay for that. Both sockets are real ones on loopback, and nothing of the call is stored, counted or logged. Where it
/// cannot be played, or takes too long, the router starts all the same.
struct Rehearsal: Sendable {
    /// It takes about ten milliseconds.
    static let limit = Duration.milliseconds(300)
    private static let callID = "rehearsal"

    let script: CallScript
    let settings: CallSettings
    let dialect: any ModelDialect
    let eventLoop: any EventLoop

    /// Plays the call.
    ///
    /// - Returns: How it ended; nil where it did not come to its end in time.
    @discardableResult
    func run(within limit: Duration = Rehearsal.limit) async -> CallEnd? {
        self.wordOutbound()
        let (ends, end) = AsyncStream.makeStream(of: CallEnd.self, bufferingPolicy: .bufferingOldest(1))
        do {
            let model = try await self.listen { channel in
                let peer = RehearsalModel()
                let handler = WebSocketHandler(
                    role: .server,
                    isPlain: true,
                    maxMessageByteCount: Self.maxMessageByteCount,
                    delegate: peer
                )
                try channel.pipeline.syncOperations.addHandler(handler)
                peer.begin(handler)
            }
            defer { model.close(promise: nil) }
            guard let address = model.localAddress else { return nil }
            let ports = self.ports(model: address, ended: { end.yield($0) })
            var settings = self.settings
            settings.maxCalls = 1
            let registry = CallRegistry(
                settings: settings,
                ports: ports,
                nextLoop: { CallLoop(self.eventLoop) },
                logger: Self.silence
            )
            return await withTaskGroup(of: CallEnd?.self) { group in
                group.addTask {
                    await registry.run()
                    return nil
                }
                let ended = await self.call(self.endpoint(registry, ports), ends, within: limit)
                await registry.endAllNow()
                await registry.shutdown()
                await group.waitForAll()
                return ended
            }
        } catch {
            // No port, no descriptor: what is really wrong with the machine is found when the router listens.
            return nil
        }
    }

    /// Calls, and waits for the end of the call.
    private func call(
        _ endpoint: MediaStreamEndpoint,
        _ ends: AsyncStream<CallEnd>,
        within limit: Duration
    ) async -> CallEnd? {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/media-stream")
        do {
            let carrier = try await self.listen { try endpoint.install(on: $0, head: head, remoteAddress: nil) }
            defer { carrier.close(promise: nil) }
            guard let address = carrier.localAddress else { return nil }
            let stream = try await Self.connect(to: address, on: self.eventLoop) { channel in
                let peer = RehearsalCaller(callID: Self.callID)
                let handler = WebSocketHandler(
                    role: .client,
                    isPlain: true,
                    maxMessageByteCount: Self.maxMessageByteCount,
                    delegate: peer
                )
                try channel.pipeline.syncOperations.addHandler(handler)
                return NIOLoopBound((peer, handler), eventLoop: channel.eventLoop)
            }
            self.eventLoop.execute { stream.value.0.begin(stream.value.1) }
            return await withTaskGroup(of: CallEnd?.self) { group in
                group.addTask { await ends.first { _ in true } }
                group.addTask {
                    // Cancelled: the call has ended in time.
                    try? await Task.sleep(for: limit)
                    return nil
                }
                let first = await group.next()
                group.cancelAll()
                self.eventLoop.execute { stream.value.1.close(code: 1000, reason: "") }
                return first ?? nil
            }
        } catch {
            return nil
        }
    }

    // MARK: - Parts

    private static let maxMessageByteCount = 1 << 20
    private static let silence = Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() }

    private func ports(model: SocketAddress, ended: @escaping @Sendable (CallEnd) -> Void) -> CallPorts {
        let script = self.script
        return CallPorts(
            connector: RehearsalConnector(dialect: self.dialect, address: model),
            reasoner: RehearsalReasoner(),
            store: RehearsalStore(callID: Self.callID),
            metrics: MetricsRegistry(),
            script: { script.make(for: $0, tools: CallTools()) },
            reasoningFallback: "",
            ended: { ended($0) }
        )
    }

    private func endpoint(_ registry: CallRegistry, _ ports: CallPorts) -> MediaStreamEndpoint {
        let gate = StreamGate(
            auth: .off,
            acceptsUnknownCalls: false,
            tokens: StreamToken(secret: []),
            ledger: StreamTokenLedger(),
            signature: nil,
            publicURL: nil,
            registry: registry,
            store: ports.store,
            isDraining: { false },
            logger: Self.silence
        )
        return MediaStreamEndpoint(gate: gate, metrics: ports.metrics, logger: Self.silence)
    }

    /// The texts of a call that is placed, and what its session is told.
    private func wordOutbound() {
        var record = CallRecord(callID: Self.callID, direction: .outbound, status: .inProgress, createdAt: Date())
        record.objective = "none"
        record.context = [PromptContextKey.businessName.rawValue: "none", "other": "none"]
        let texts = self.script.make(for: record, tools: CallTools())
        let session = ModelSessionSettings(
            instructions: texts.instructions,
            voice: "none",
            format: .pcmu,
            transcriptionModel: "none",
            tools: texts.tools
        )
        _ = self.dialect.encode(.configure(session), eventID: "c")
    }

    // MARK: - Sockets

    private func listen(_ install: @escaping @Sendable (any Channel) throws -> Void) async throws -> any Channel {
        try await ServerBootstrap(group: self.eventLoop)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try install(channel) } }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    static func connect<Output: Sendable>(
        to address: SocketAddress,
        on eventLoop: any EventLoop,
        _ install: @escaping @Sendable (any Channel) throws -> Output
    ) async throws -> Output {
        try await ClientBootstrap(group: eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: address) { channel in channel.eventLoop.makeCompletedFuture { try install(channel) } }
    }
}
