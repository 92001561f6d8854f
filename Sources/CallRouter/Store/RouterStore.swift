import CallActors
import Logging
import NIOCore

/// The store that the configuration asks for, with everything that the process does with it.
package struct RouterStore: Sendable {
    /// What calls, routes, dialler and queue use: Supabase over the embedded store where it is set, else the latter.
    package let store: any DialStore
    private let local: SQLiteStore
    private let supabase: SupabaseStore?

    /// Opens the embedded store in `DATA_DIR`; a Supabase that is down does not keep it from opening.
    ///
    /// - Parameters:
    ///   - configuration: Where the data is, and whether there is a Supabase.
    ///   - eventLoopGroup: Where connections live.
    ///   - metering: Told of failures.
    ///   - logger: Told of outages, without content.
    /// - Throws: ``StoreOpenError`` where the embedded store cannot be opened.
    package init(
        configuration: RouterConfiguration,
        eventLoopGroup: any EventLoopGroup,
        metering: (any CallMetering)?,
        logger: Logger
    ) throws(StoreOpenError) {
        self.local = try SQLiteStore(
            directory: configuration.storage.directory,
            metering: metering,
            logger: logger,
            isMirrored: configuration.supabase != nil
        )
        let local = self.local
        self.supabase = configuration.supabase.map { settings in
            SupabaseStore(
                local: local,
                settings: settings,
                eventLoopGroup: eventLoopGroup,
                metering: metering,
                logger: logger
            )
        }
        self.store = self.supabase ?? self.local
    }

    /// The companion task: commits journals, and empties the outbox.
    package func run() async {
        if let supabase = self.supabase { await supabase.run() } else { await self.local.run() }
    }

    /// Gives the outbox a last chance before the process ends; does not wait for a Supabase that is down.
    package func settle(within limit: Duration) async { await self.supabase?.settle(within: limit) }

    /// Closes the connections; ``run()`` must have returned.
    package func close() async { await self.supabase?.shutdown() }

    /// `callrouter_outbox_pending`.
    package var outboxPending: Int { self.local.outboxPending }

    /// `callrouter_outbox_oldest_seconds`.
    package var outboxOldestAge: Duration { self.local.outboxOldestAge }

    /// What is on record about somebody who calls; nil for a stranger.
    package func knownCaller(number: String) async -> KnownCaller? {
        if let supabase = self.supabase { return await supabase.knownCaller(number: number) }
        return await self.local.knownCaller(number: number)
    }

    /// Whether an order can be kept as far as its initiator goes, which Supabase demands and the embedded store does not.
    ///
    /// While Supabase does not answer, it can: the call is written there once an initiator is known.
    package func hasInitiator(for call: NewCall) async -> Bool {
        guard let supabase = self.supabase else { return true }
        do throws(StoreError) { return try await supabase.initiator(for: call) != nil } catch { return true }
    }

    /// The user that a call is to be written for in Supabase; nil without Supabase, where there is none, and while
    /// Supabase does not answer.
    package func resolveInitiator(for call: NewCall) async -> String? {
        await self.supabase?.resolveInitiator(for: call)
    }
}
