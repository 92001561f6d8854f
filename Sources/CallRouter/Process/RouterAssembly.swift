import CallActors
import Foundation
import Logging
import NIOCore
import Synchronization
import Wire

/// Builds a router from real parts: the one place that knows all of them.
package enum RouterAssembly {
    /// Opens the store and wires calls, sockets, Claude and metrics together.
    package static func assemble(_ context: RouterContext) async throws(StartError) -> RouterParts {
        let metrics = MetricsRegistry()
        let stores = try StoreAssembly(context, metrics: metrics)
        let store = stores.store
        let prompts = try Self.prompts()
        let anthropic = Self.anthropic(context)
        let outbound = OutboundAssembly(context, store: store)
        let hub = CallEventHub()
        let pricing = CallPricing(
            table: context.configuration.prices,
            voiceModel: context.configuration.openAI.model,
            transcriptionModel: context.configuration.openAI.transcriptionModel,
            reasoningModel: context.configuration.anthropic.reasoningModel,
            summaryModel: context.configuration.anthropic.model
        )
        let summaries = Self.summaries(context, store: store, prompts: prompts, anthropic: anthropic, metrics: metrics)
        let completion = CallCompletion(
            store: store,
            metrics: metrics,
            worker: summaries,
            publicURL: context.configuration.publicURL,
            price: { pricing.usd(of: $0, direction: $1) },
            optOut: { await outbound.optOut($0) },
            logger: Self.logger(context, "calls")
        )
        let script = CallScript(
            prompts: prompts,
            defaultSystemPrompt: context.configuration.inbound.systemPrompt
        )
        var ports = CallPorts(
            connector: try Self.modelConnector(context),
            reasoner: ClaudeReasoner(
                client: anthropic,
                model: context.configuration.anthropic.reasoningModel,
                prompts: prompts,
                deadline: context.configuration.anthropic.reasoningDeadline
            ),
            store: store,
            metrics: metrics,
            observer: Self.observer(context.observer, hub),
            script: { record in script.make(for: record, tools: outbound.tools(for: record)) },
            reasoningFallback: prompts.reasoningFallback,
            recorder: Self.recorder(context),
            ended: { end in
                // Who sees the outcome may fetch the recording: it is whole by then.
                if end.isRecorded { await WAVRecorder.settle() }
                await completion.complete(end)
            }
        )
        ports.carrier = outbound.actions
        ports.price = { pricing.usd(of: $0, direction: $1) }
        ports.sayInstructions = { prompts.say($0) }
        ports.optOut = { await outbound.optOut($0) }
        ports.scheduleCallback = { await outbound.scheduleCallback($0, at: $1, note: $2) }
        let loops = LoopRotation(context.eventLoopGroup)
        let registry = CallRegistry(
            settings: Self.settings(context.configuration),
            ports: ports,
            nextLoop: { loops.next() },
            logger: Self.logger(context, "calls")
        )
        let isDraining: @Sendable () -> Bool = { context.isDraining() || registry.isDraining }
        let placing = outbound.parts(
            registry: registry,
            metering: metrics,
            hub: hub,
            initiator: stores.initiator,
            isDraining: isDraining
        )
        let queue = try QueueAssembly.worker(context, jobs: placing.jobs, metering: metrics)
        let lag = EventLoopLagSampler()
        lag.start(on: context.eventLoopGroup)
        metrics.setSources { sources in
            sources.isReady = { !isDraining() && registry.hasCapacity }
            sources.isDraining = isDraining
            sources.outboxPending = { stores.local.outboxPending }
            sources.outboxOldestAge = { stores.local.outboxOldestAge }
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
        )
        return RouterParts(
            switchboard: registry,
            store: store,
            media: MediaStreamEndpoint(gate: gate, metrics: metrics, logger: Self.logger(context, "streams")),
            tokens: tokens,
            webhooks: signature,
            metering: metrics,
            renderMetrics: { metrics.render() },
            refusal: prompts.refused,
            apology: prompts.technicalDifficulties,
            outbound: placing.services,
            companions: [
                { await stores.run() }, { await summaries.run() }, { await placing.dialler.run() },
                { await queue?.run() },
            ],
            settle: { limit in
                let deadline = ContinuousClock.now + limit
                await summaries.drain(within: limit)
                await stores.settle(within: ContinuousClock.now.duration(to: deadline))
            },
            close: {
                lag.stop()
                await anthropic.shutdown()
                await outbound.client?.shutdown()
                await stores.shutdown()
                await Self.recordingsWritten()
            },
            inboundCallExpected: { await registry.expect(callID: $0.callID) },
            isKnownCaller: { await stores.local.hasCall(withNumber: $0) },
            inboundContext: { await stores.knownCaller($0) },
            rehearse: {
                await stores.local.rehearse()
                await Rehearsal(
                    script: script,
                    settings: Self.settings(context.configuration),
                    dialect: RealtimeDialect(),
                    eventLoop: context.eventLoopGroup.next()
                ).run()
            }
        )
    }

    // MARK: - Parts

    /// Whoever follows the calls: the events of the API, and in a simulation its own observer.
    private static func observer(_ given: (any CallObserver)?, _ hub: CallEventHub) -> any CallObserver {
        given.map { CallObservers(first: $0, second: hub) } ?? hub
    }

    /// What every call is told about time, sound and limits.
    static func settings(_ configuration: RouterConfiguration) -> CallSettings {
        var settings = CallSettings()
        settings.maxCalls = configuration.limits.calls
        settings.maxDuration = configuration.limits.callTime
        settings.maxCostUSD = configuration.limits.callCostUSD
        settings.staleAfter = configuration.limits.staleTime
        settings.resumeWithin = configuration.limits.resumeTime
        settings.voice = configuration.openAI.voice
        settings.transcriptionModel = configuration.openAI.transcriptionModel
        return settings
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
        store: any CallStore,
        prompts: Prompts,
        anthropic: AnthropicClient,
        metrics: MetricsRegistry
    ) -> SummaryWorker {
        let model = context.configuration.anthropic.model
        let prices = context.configuration.prices.textModel(model)
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
        // A call over a line at another rate is recorded at the line's.
        let line = context.configuration.streams.codec.format
        return { callID, format in
            guard let path = RecordingDownload(callID: callID, directory: directory).path else { return nil }
            let isConverted = format != line && format == StreamTranscoder.callFormat(for: line)
            return WAVRecorder.open(
                url: URL(fileURLWithPath: path),
                format: format,
                sampleRate: isConverted ? line.sampleRate : nil,
                logger: logger
            )
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
}

extension CallRegistry: CallSwitchboard {}

/// Two that follow the calls.
private struct CallObservers: CallObserver {
    let first: any CallObserver
    let second: any CallObserver

    func observe(_ notice: CallNotice, callID: String, at: Date) {
        self.first.observe(notice, callID: callID, at: at)
        self.second.observe(notice, callID: callID, at: at)
    }
}

extension WebhookSignature: WebhookVerifying {
    package func isValid(signature: String, url: String, form: [(String, String)], settings: String?) -> Bool {
        guard let settings else { return self.isValid(signature: signature, url: url, form: form) }
        guard let algorithm = Algorithm(settings: settings) else { return false }
        return self.with(algorithm).isValid(signature: signature, url: url, form: form)
    }

    package func isValid(jsonSignature: String, url: String, body: ByteBuffer, settings: String?) -> Bool {
        guard let settings else { return self.isValid(jsonSignature: jsonSignature, url: url, body: body) }
        guard let algorithm = Algorithm(settings: settings) else { return false }
        return self.with(algorithm).isValid(jsonSignature: jsonSignature, url: url, body: body)
    }
}

extension StreamToken: StreamTokenIssuing {
    package func issue(callID: String, now: Date) -> String {
        self.issue(callID: callID, now: now, lifetime: .seconds(120))
    }
}
