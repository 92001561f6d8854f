import CallActors
import Foundation
import Logging
import NIOCore
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
            ),
            store: store,
            metrics: metrics,
            observer: context.observer,
            script: { CallScript.make(for: $0, prompts: prompts, defaultSystemPrompt: configuration.inbound.systemPrompt) },
            reasoningFallback: prompts.reasoningFallback,
            recorder: Self.recorder(context),
            ended: { await completion.complete($0) }
        )
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
        )
        return RouterParts(
            switchboard: registry,
            store: store,
            media: MediaStreamEndpoint(gate: gate, metrics: metrics, logger: context.logger),
            tokens: tokens,
            webhooks: signature,
            metering: metrics,
            renderMetrics: { metrics.render() },
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
        var settings = CallSettings()
        settings.maxCalls = configuration.limits.calls
        settings.maxDuration = configuration.limits.callTime
        settings.staleAfter = configuration.limits.staleTime
        settings.resumeWithin = configuration.limits.resumeTime
        settings.voice = configuration.openAI.voice
        settings.transcriptionModel = configuration.openAI.transcriptionModel
        return settings
    }
}

extension CallRegistry: CallSwitchboard {}

extension StreamToken: StreamTokenIssuing {
    package func issue(callID: String, now: Date) -> String { self.issue(callID: callID, now: now, lifetime: .seconds(120)) }
}

extension WebhookSignature: WebhookVerifying {}
