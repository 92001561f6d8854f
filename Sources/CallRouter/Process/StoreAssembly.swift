import CallActors
import Foundation
import Logging

/// The embedded store, and the hosted system of record in front of it where one is configured.
struct StoreAssembly: Sendable {
    let local: SQLiteStore
    /// nil: the embedded store is the system of record.
    let hosted: SupabaseStore?

    /// A caller is greeted as a stranger where the system of record does not answer within this time: the carrier
    /// waits five seconds for its document.
    private static let greetingPatience = Duration.seconds(2)

    init(_ context: RouterContext, metrics: MetricsRegistry) throws(StartError) {
        let configuration = context.configuration
        var logger = context.logger
        logger[metadataKey: "part"] = "store"
        do throws(StoreOpenError) {
            self.local = try SQLiteStore(
                directory: configuration.storage.directory,
                metering: metrics,
                logger: logger,
                isMirrored: configuration.supabase != nil
            )
        } catch {
            throw .store(error)
        }
        guard let settings = configuration.supabase else {
            self.hosted = nil
            return
        }
        self.hosted = SupabaseStore(
            local: self.local,
            settings: settings,
            eventLoopGroup: context.eventLoopGroup,
            metering: metrics,
            logger: logger
        )
    }

    /// The system of record.
    var store: any DialStore {
        if let hosted = self.hosted { return hosted }
        return self.local
    }

    /// Commits what waits, here and there, until its task is cancelled.
    func run() async {
        if let hosted = self.hosted { await hosted.run() } else { await self.local.run() }
    }

    /// Gives what is to be written elsewhere a last try.
    func settle(within limit: Duration) async { await self.hosted?.settle(within: limit) }

    func shutdown() async { await self.hosted?.shutdown() }

    /// Who is written as the one that ordered a call.
    var initiator: CallDesk.Initiator {
        guard let hosted = self.hosted else { return .notNeeded }
        return CallDesk.Initiator(isRequired: true) { call throws(StoreError) in try await hosted.initiator(for: call) }
    }

    /// What is known of whoever calls from this number; nil for a stranger, or where that takes too long to find out.
    func knownCaller(_ number: String) async -> KnownCaller? {
        guard let hosted = self.hosted else { return await self.local.knownCaller(number: number) }
        return await withTaskGroup(of: KnownCaller?.self) { race in
            race.addTask { await hosted.knownCaller(number: number) }
            race.addTask {
                // Cancelled: the answer came first.
                try? await Task.sleep(for: Self.greetingPatience)
                return nil
            }
            let first = await race.next() ?? nil
            race.cancelAll()
            return first
        }
    }
}
