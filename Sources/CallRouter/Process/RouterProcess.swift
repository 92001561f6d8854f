import CallActors
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One running router: what `serve` runs, and what `simulate` runs against stand-ins.
///
/// ``run()`` builds the parts, listens, and returns when the drain that ``beginDrain()`` starts is over. All methods may
/// be called from anywhere.
package final class RouterProcess: Sendable {
    /// Builds the parts of a router from its configuration.
    package typealias Assembly = @Sendable (RouterContext) async throws(StartError) -> RouterParts

    /// How long an ending that was asked for twice may take before it is cut off; the contract allows 5 s.
    static let hurriedEnd = Duration.milliseconds(4200)
    /// How long owed summaries get at the end of a drain.
    static let settleTime = Duration.seconds(10)

    let configuration: RouterConfiguration
    let logger: Logger
    private let observer: (any CallObserver)?
    private let assemble: Assembly
    private let givenGroup: (any EventLoopGroup)?
    private let onReady: @Sendable (BoundPorts) async -> Void
    private let onOverdue: @Sendable () -> Void

    private let state: Mutex<DrainState>
    private let actions: AsyncStream<DrainState.Action>
    private let actionSource: AsyncStream<DrainState.Action>.Continuation
    private let hurry: AsyncStream<Void>
    private let hurrySource: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - configuration: The validated configuration; its warnings are logged.
    ///   - observer: Follows the calls of this router.
    ///   - logger: The logger of the process; parts get it with their own labels.
    ///   - eventLoopGroup: The loops to run on; nil makes one for each core and ends them with the router.
    ///   - assemble: Builds the parts.
    ///   - onReady: Called once, when both ports listen.
    ///   - onOverdue: Called where a hurried ending does not come to its end; `serve` exits the process.
    package init(
        configuration: RouterConfiguration,
        observer: (any CallObserver)? = nil,
        logger: Logger,
        eventLoopGroup: (any EventLoopGroup)? = nil,
        assemble: @escaping Assembly,
        onReady: @escaping @Sendable (BoundPorts) async -> Void = { _ in },
        onOverdue: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.logger = logger
        self.observer = observer
        self.givenGroup = eventLoopGroup
        self.assemble = assemble
        self.onReady = onReady
        self.onOverdue = onOverdue
        self.state = Mutex(DrainState(drainTime: configuration.limits.drainTime))
        // Actions come from signals and from ends of drains: a handful in the life of a process.
        (self.actions, self.actionSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
        (self.hurry, self.hurrySource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: - Signals

    /// Refuses new calls, and stops when the live ones are over: the first SIGTERM or SIGINT.
    package func beginDrain() { self.post(.terminate) }

    /// Refuses new calls without stopping: SIGUSR1.
    package func hold() { self.post(.hold) }

    /// Takes ``hold()`` back: SIGUSR2.
    package func release() { self.post(.release) }

    /// Ends live calls at once and stops: the second SIGTERM or SIGINT.
    package func endNow() {
        if !self.isStopping { self.post(.terminate) }
        self.post(.terminate)
    }

    /// New calls are refused.
    package var isDraining: Bool { self.state.withLock { $0.isDraining } }

    /// The end was asked for twice.
    package var isHurried: Bool { self.state.withLock { $0.isHurried } }

    private var isStopping: Bool {
        switch self.state.withLock({ $0.phase }) {
        case .running, .holding: false
        case .draining, .ending, .finishing: true
        }
    }

    private func post(_ event: DrainState.Event) {
        // Under the lock, so that the actions of two signals keep their order.
        self.state.withLock { state in
            for action in state.handle(event) { self.actionSource.yield(action) }
        }
    }

    // MARK: - Life

    /// Runs the router from its start to the end of its drain.
    package func run() async throws(StartError) {
        for warning in self.configuration.warnings { self.logger.warning("\(warning)") }
        let directory: DataDirectoryLock
        do {
            directory = try DataDirectoryLock(path: self.configuration.storage.directory)
        } catch {
            throw .dataDirectory(error)
        }
        let mark = RunMark(directory: directory)
        let previous = mark.set()
        let group = self.givenGroup ?? MultiThreadedEventLoopGroup(numberOfThreads: EventLoopCount.current)
        let failure: StartError?
        do throws(StartError) {
            let context = RouterContext(
                configuration: self.configuration,
                dataDirectory: directory,
                eventLoopGroup: group,
                observer: self.observer,
                logger: self.logger,
                isDraining: { self.isDraining }
            )
            let parts: RouterParts
            do throws(StartError) {
                parts = try await self.assemble(context)
            } catch {
                if let previous { self.report(previous, calls: nil) }
                throw error
            }
            if let previous { await self.report(previous, calls: Self.liveCallCount(parts.store)) }
            await parts.rehearse()
            await parts.switchboard.recover()
            failure = await self.operate(parts, on: group)
            await parts.close()
        } catch {
            failure = error
        }
        if self.givenGroup == nil { try? await group.shutdownGracefully() }
        mark.clear()
        // The lock on the directory goes last: by now nothing writes there any more.
        withExtendedLifetime(directory) {}
        if let failure { throw failure }
    }

    /// Says that the process before this one did not come to its end; `calls` were live then.
    private func report(_ previous: RunMark.Previous, calls: Int?) {
        var metadata: Logger.Metadata = [:]
        if let calls { metadata["calls"] = "\(calls)" }
        if let version = previous.version { metadata["previous_version"] = "\(version)" }
        if let start = previous.startedAt { metadata["previous_start"] = "\(start)" }
        self.logger.error(
            """
            The previous process ended without a shutdown: it crashed, was killed, or lost its machine. What it left is \
            finished now. Look at the end of its log, and at the kernel's for a lack of memory.
            """,
            metadata: metadata
        )
    }

    /// The calls that are on record as live; nil where the store does not answer, which says so itself.
    private static func liveCallCount(_ store: any CallStore) async -> Int? {
        do throws(StoreError) { return try await store.liveCalls().count } catch { return nil }
    }

    private enum Ending {
        case servers(StartError?)
        case calls
        case drain
        case companion
    }

    /// Runs servers, calls and companions until the drain is over and everything is stored.
    private func operate(_ parts: RouterParts, on eventLoopGroup: any EventLoopGroup) async -> StartError? {
        let servers = RouterServers(
            services: self.services(of: parts),
            renderMetrics: parts.renderMetrics,
            eventLoopGroup: eventLoopGroup,
            logger: self.logger,
            onReady: self.onReady
        )
        return await withTaskGroup(of: Ending.self) { group in
            group.addTask { .servers(await servers.run()) }
            group.addTask {
                await parts.switchboard.run()
                return .calls
            }
            group.addTask {
                await self.carryOut(on: parts.switchboard)
                return .drain
            }
            group.addTask {
                await self.watchHurry(parts.store)
                return .companion
            }
            for companion in parts.companions {
                group.addTask {
                    await companion()
                    return .companion
                }
            }
            var failure: StartError?
            var isListening = true
            for await ending in group {
                switch ending {
                case .companion: break
                case .drain: await parts.switchboard.shutdown()
                case .calls:
                    // Where the servers failed, the companions are told to stop: nothing owed can be settled any more.
                    await self.settle(parts, takesTime: isListening)
                    await servers.stop()
                case .servers(let error):
                    failure = error
                    isListening = false
                    // Without servers there is nothing left to do: at the end of a drain, or because none can listen.
                    await parts.switchboard.shutdown()
                    group.cancelAll()
                }
            }
            return failure
        }
    }

    /// Does what the drain decides until it is over.
    private func carryOut(on switchboard: any CallSwitchboard) async {
        await withDiscardingTaskGroup { drains in
            for await action in self.actions {
                switch action {
                case .drain(let deadline, let generation):
                    self.logger.notice(
                        "Draining: new calls are refused",
                        metadata: ["activeCalls": "\(switchboard.activeCallCount)"]
                    )
                    // Here and in this order: in the task below it could come after the undrain that takes it back.
                    await switchboard.refuseCalls()
                    drains.addTask {
                        await switchboard.waitUntilDrained(deadline: deadline)
                        self.post(.drained(generation: generation))
                    }
                case .undrain:
                    self.logger.notice("Not draining any more: new calls are taken")
                    await switchboard.undrain()
                case .endCalls:
                    self.logger.notice("Ending at once")
                    self.hurrySource.yield()
                    drains.addTask { await switchboard.endAllNow() }
                case .finish:
                    drains.cancelAll()
                    return
                }
            }
        }
    }

    private func settle(_ parts: RouterParts, takesTime: Bool) async {
        if takesTime, !self.state.withLock({ $0.isHurried }) { await parts.settle(Self.settleTime) }
        do {
            try await parts.store.flush()
        } catch {
            self.logger.error("Not everything could be stored before the exit", error: error)
        }
    }

    /// Cuts the end off where it was asked for twice and still does not come.
    private func watchHurry(_ store: any CallStore) async {
        for await _ in self.hurry {
            do { try await Task.sleep(for: Self.hurriedEnd) } catch { return }
            self.logger.error("The end takes too long and is cut off")
            self.onOverdue()
        }
    }

    private func services(of parts: RouterParts) -> HTTPServices {
        HTTPServices(
            configuration: self.configuration,
            switchboard: parts.switchboard,
            store: parts.store,
            media: parts.media,
            tokens: parts.tokens,
            webhooks: parts.webhooks,
            metering: parts.metering,
            refusal: parts.refusal,
            apology: parts.apology,
            outbound: parts.outbound,
            isDraining: { self.isDraining },
            inboundCallExpected: parts.inboundCallExpected,
            isKnownCaller: parts.isKnownCaller,
            inboundContext: parts.inboundContext
        )
    }
}
