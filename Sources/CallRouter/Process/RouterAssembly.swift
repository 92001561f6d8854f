import CallActors
import Foundation
import Logging
import NIOCore
<<<<<<< HEAD
import Wire

/// Fits the real parts into the ports of a call: the composition root of `serve` and of `simulate`.
package enum RouterAssembly {
    /// Builds everything that a router consists of besides its HTTP servers.
    package static func assemble(_ context: RouterContext) async throws(StartError) -> RouterParts {
        let configuration = context.configuration
        let metrics = MetricsRegistry()
        let store = try Self.openStore(context, metrics: metrics)
        let prompts = try Self.loadPrompts()
        let claude = AnthropicClient(
            baseURL: configuration.anthropic.baseURL.string,
            apiKey: configuration.anthropic.apiKey.value,
            eventLoopGroup: context.eventLoopGroup,
            logger: context.logger
        )
        let worker = SummaryWorker(
            store: store,
            summarizer: ClaudeSummarizer(client: claude, model: configuration.anthropic.model, prompts: prompts),
            metering: metrics,
            policy: SummaryRetry.Policy(patience: configuration.storage.summaryRetryTime),
            logger: context.logger
        )
        let completion = CallCompletion(
            store: store,
            metrics: metrics,
            worker: worker,
            publicURL: configuration.publicURL,
            logger: context.logger
        )
        let ports = CallPorts(
            connector: try Self.connector(configuration),
            reasoner: ClaudeReasoner(
                client: claude,
                model: configuration.anthropic.reasoningModel,
                prompts: prompts,
                deadline: configuration.anthropic.reasoningDeadline
=======
import Synchronization
import Wire

/// Builds a router from real parts: the one place that knows all of them.
package enum RouterAssembly {
    /// Opens the store and wires calls, sockets, Claude and metrics together.
    package static func live(_ context: RouterContext) async throws(StartError) -> RouterParts {
        let metrics = MetricsRegistry()
        let store = try Self.store(context, metrics: metrics)
        let prompts = try Self.prompts()
        let anthropic = Self.anthropic(context)
        let summaries = Self.summaries(context, store: store, prompts: prompts, anthropic: anthropic, metrics: metrics)
        let completion = CallCompletion(
            store: store,
            metering: metrics,
            publicURL: context.configuration.publicURL,
            logger: Self.logger(context, "calls"),
            summaryOwed: { summaries.enqueue($0) }
        )
        let ports = CallPorts(
            connector: try Self.modelConnector(context),
            reasoner: ClaudeReasoner(
                client: anthropic,
                model: context.configuration.anthropic.reasoningModel,
                prompts: prompts,
                deadline: context.configuration.anthropic.reasoningDeadline
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
            ),
            store: store,
            metrics: metrics,
            observer: context.observer,
<<<<<<< HEAD
            script: { CallScript.make(for: $0, prompts: prompts, defaultSystemPrompt: configuration.inbound.systemPrompt) },
=======
            script: { record in
                ConversationScript(
                    for: record,
                    prompts: prompts,
                    defaultSystemPrompt: context.configuration.inbound.systemPrompt
                )
            },
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
            reasoningFallback: prompts.reasoningFallback,
            recorder: Self.recorder(context),
            ended: { await completion.complete($0) }
        )
<<<<<<< HEAD
        let group = context.eventLoopGroup
        let registry = CallRegistry(
            settings: Self.settings(configuration),
            ports: ports,
            nextLoop: { CallLoop(group.next()) },
            logger: context.logger
        )
        return try Self.parts(context, registry, store, metrics, worker, claude)
    }

    private static func parts(
        _ context: RouterContext,
        _ registry: CallRegistry,
        _ store: SQLiteStore,
        _ metrics: MetricsRegistry,
        _ worker: SummaryWorker,
        _ claude: AnthropicClient
    ) throws(StartError) -> RouterParts {
        let configuration = context.configuration
        let secret =
            if let configured = configuration.streams.tokenSecret { Array(configured.value.utf8) } else {
                try context.dataDirectory.streamTokenSecret()
            }
        let tokens = StreamToken(secret: secret)
        let signature = configuration.webhooks.signingKey.map { WebhookSignature(key: $0.value) }
        let gate = StreamGate(
            auth: configuration.streams.auth,
            acceptsUnknownCalls: configuration.inbound.acceptsUnknownCallers,
            tokens: tokens,
            ledger: StreamTokenLedger(),
            signature: signature,
            publicURL: configuration.publicURL,
            registry: registry,
            store: store,
            isDraining: { registry.isDraining },
            logger: context.logger
=======
        let loops = LoopRotation(context.eventLoopGroup)
        let registry = CallRegistry(
            settings: Self.settings(context.configuration),
            ports: ports,
            nextLoop: { loops.next() },
            logger: Self.logger(context, "calls")
        )
        let isDraining: @Sendable () -> Bool = { context.isDraining() || registry.isDraining }
        let lag = EventLoopLagSampler()
        lag.start(on: context.eventLoopGroup)
        metrics.setSources { sources in
            sources.isReady = { !isDraining() && registry.hasCapacity }
            sources.isDraining = isDraining
            sources.outboxPending = { store.outboxPending }
            sources.outboxOldestAge = { store.outboxOldestAge }
            sources.eventLoopLag = { lag.worstLag }
        }
        let tokens = StreamToken(secret: try Self.streamTokenSecret(context))
        let signature = context.configuration.webhooks.signingKey.map { WebhookSignature(key: $0.value) }
        let gate = StreamGate(
            auth: context.configuration.streams.auth,
            acceptsUnknownCalls: context.configuration.inbound.acceptsUnknownCallers,
            tokens: tokens,
            ledger: StreamTokenLedger(),
            signature: signature,
            publicURL: context.configuration.publicURL,
            registry: registry,
            store: store,
            isDraining: isDraining,
            logger: Self.logger(context, "streams")
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
        )
        return RouterParts(
            switchboard: registry,
            store: store,
<<<<<<< HEAD
            media: MediaStreamEndpoint(gate: gate, metrics: metrics, logger: context.logger),
=======
            media: MediaStreamEndpoint(gate: gate, metrics: metrics, logger: Self.logger(context, "streams")),
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
            tokens: tokens,
            webhooks: signature,
            metering: metrics,
            renderMetrics: { metrics.render() },
<<<<<<< HEAD
            observeProcess: { observation in
                metrics.setSources { sources in
                    sources.isReady = { observation.isReady }
                    sources.isDraining = { observation.isDraining }
                    sources.eventLoopLag = { observation.eventLoopLag }
                    sources.outboxPending = { store.outboxPending }
                    sources.outboxOldestAge = { store.outboxOldestAge }
                }
            },
            companions: [{ await store.run() }, { await worker.run() }],
            settle: { await worker.drain(within: $0) },
            close: { await claude.shutdown() },
            inboundCallExpected: { await registry.expect(callID: $0.callID) }
        )
    }

    private static func openStore(_ context: RouterContext, metrics: MetricsRegistry) throws(StartError) -> SQLiteStore {
        do throws(StoreOpenError) {
            return try SQLiteStore(directory: context.dataDirectory.path, metering: metrics, logger: context.logger)
        } catch {
            throw .storeUnusable(reason: "\(error)")
        }
    }

    private static func loadPrompts() throws(StartError) -> Prompts {
        do throws(PromptError) { return try Prompts() } catch { throw .partUnusable(part: "The prompts", reason: "\(error)") }
    }

    private static func connector(_ configuration: RouterConfiguration) throws(StartError) -> ModelSocketConnector {
        do {
            return ModelSocketConnector(
                client: WebSocketClient(tls: try WebSocketClient.makeTLSContext()),
                dialect: RealtimeDialect(),
                url: configuration.openAI.url.string,
                model: configuration.openAI.model,
                apiKey: configuration.openAI.apiKey.value
            )
        } catch {
            throw .partUnusable(part: "TLS", reason: "\(error)")
        }
    }

    private static func recorder(_ context: RouterContext) -> (@Sendable (String, AudioFormat) -> (any CallRecorder)?)? {
        guard context.configuration.storage.isRecording else { return nil }
        let folder = URL(fileURLWithPath: context.dataDirectory.path).appendingPathComponent("recordings")
        let logger = context.logger
        return { callID, format in
            WAVRecorder.open(url: folder.appendingPathComponent("\(callID).wav"), format: format, logger: logger)
        }
    }

    private static func settings(_ configuration: RouterConfiguration) -> CallSettings {
=======
            refusal: prompts.refused,
            apology: prompts.technicalDifficulties,
            companions: [{ await store.run() }, { await summaries.run() }],
            settle: { await summaries.drain(within: $0) },
            close: {
                lag.stop()
                await anthropic.shutdown()
                await Self.recordingsWritten()
            },
            inboundCallExpected: { await registry.expect(callID: $0.callID) },
            isKnownCaller: { await store.hasCall(withNumber: $0) }
        )
    }

    // MARK: - Parts

    /// What every call is told about time, sound and limits.
    static func settings(_ configuration: RouterConfiguration) -> CallSettings {
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
        var settings = CallSettings()
        settings.maxCalls = configuration.limits.calls
        settings.maxDuration = configuration.limits.callTime
        settings.staleAfter = configuration.limits.staleTime
        settings.resumeWithin = configuration.limits.resumeTime
        settings.voice = configuration.openAI.voice
        settings.transcriptionModel = configuration.openAI.transcriptionModel
        return settings
    }
<<<<<<< HEAD
=======

    private static func store(_ context: RouterContext, metrics: MetricsRegistry) throws(StartError) -> SQLiteStore {
        do {
            return try SQLiteStore(
                directory: context.configuration.storage.directory,
                metering: metrics,
                logger: Self.logger(context, "store")
            )
        } catch {
            throw .store(error)
        }
    }

    private static func prompts() throws(StartError) -> Prompts {
        do {
            return try Prompts()
        } catch {
            throw .partUnusable(part: "The prompts", reason: "\(error)")
        }
    }

    private static func streamTokenSecret(_ context: RouterContext) throws(StartError) -> [UInt8] {
        if let secret = context.configuration.streams.tokenSecret { return Array(secret.value.utf8) }
        do {
            return try context.dataDirectory.streamTokenSecret()
        } catch {
            throw .dataDirectory(error)
        }
    }

    private static func modelConnector(_ context: RouterContext) throws(StartError) -> ModelSocketConnector {
        let openAI = context.configuration.openAI
        return ModelSocketConnector(
            client: try Self.webSocketClient(for: openAI.url),
            dialect: RealtimeDialect(idleTimeout: Self.settings(context.configuration).idleTimeout),
            url: openAI.url.string,
            model: openAI.model,
            apiKey: openAI.apiKey.value
        )
    }

    /// A client with the system's trust roots, which are loaded only where they are needed.
    static func webSocketClient(for address: WebAddress) throws(StartError) -> WebSocketClient {
        guard address.scheme == "wss" else { return WebSocketClient(tls: nil) }
        do {
            return WebSocketClient(tls: try WebSocketClient.makeTLSContext())
        } catch {
            throw .partUnusable(part: "TLS", reason: "the system's trust roots cannot be read: \(error)")
        }
    }

    private static func anthropic(_ context: RouterContext) -> AnthropicClient {
        AnthropicClient(
            baseURL: context.configuration.anthropic.baseURL.string,
            apiKey: context.configuration.anthropic.apiKey.value,
            eventLoopGroup: context.eventLoopGroup,
            logger: Self.logger(context, "claude")
        )
    }

    private static func summaries(
        _ context: RouterContext,
        store: SQLiteStore,
        prompts: Prompts,
        anthropic: AnthropicClient,
        metrics: MetricsRegistry
    ) -> SummaryWorker {
        let model = context.configuration.anthropic.model
        let prices = PriceTable.published.textModel(model)
        return SummaryWorker(
            store: store,
            summarizer: ClaudeSummarizer(client: anthropic, model: model, prompts: prompts),
            metering: metrics,
            policy: SummaryRetry.Policy(patience: context.configuration.storage.summaryRetryTime),
            price: { summary in
                prices.map {
                    CallCost.usd(inputTokens: summary.inputTokens, outputTokens: summary.outputTokens, at: $0)
                }
            },
            logger: Self.logger(context, "summaries")
        )
    }

    private static func recorder(
        _ context: RouterContext
    ) -> (@Sendable (_ callID: String, AudioFormat) -> (any CallRecorder)?)? {
        guard context.configuration.storage.isRecording else { return nil }
        let directory = context.configuration.storage.directory
        let logger = Self.logger(context, "recordings")
        return { callID, format in
            guard let path = RecordingDownload(callID: callID, directory: directory).path else { return nil }
            return WAVRecorder.open(url: URL(fileURLWithPath: path), format: format, logger: logger)
        }
    }

    /// Returns when the recordings that were finished before are on disk.
    private static func recordingsWritten() async {
        await withCheckedContinuation { continuation in
            WAVRecorder.sharedQueue.async { continuation.resume() }
        }
    }

    private static func logger(_ context: RouterContext, _ part: String) -> Logger {
        var logger = context.logger
        logger[metadataKey: "part"] = "\(part)"
        return logger
    }
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
}

extension CallRegistry: CallSwitchboard {}

<<<<<<< HEAD
extension StreamToken: StreamTokenIssuing {
    package func issue(callID: String, now: Date) -> String { self.issue(callID: callID, now: now, lifetime: .seconds(120)) }
}

extension WebhookSignature: WebhookVerifying {
    package func isValid(signature: String, url: String, form: [(String, String)], settings: String?) -> Bool {
        guard let settings else { return self.isValid(signature: signature, url: url, form: form) }
        guard let algorithm = Algorithm(settings: settings) else { return false }
        return self.with(algorithm).isValid(signature: signature, url: url, form: form)
    }
}
=======
extension WebhookSignature: WebhookVerifying {
    package func isValid(signature: String, url: String, form: [(String, String)], settings: String?) -> Bool {
        guard let settings else { return self.isValid(signature: signature, url: url, form: form) }
        guard let algorithm = Algorithm(settings: settings) else { return false }
        return self.with(algorithm).isValid(signature: signature, url: url, form: form)
    }
}

extension StreamToken: StreamTokenIssuing {
    package func issue(callID: String, now: Date) -> String {
        self.issue(callID: callID, now: now, lifetime: .seconds(120))
    }
}
>>>>>>> 0d8806a (Wire a whole router together; add serve, check and probe)
