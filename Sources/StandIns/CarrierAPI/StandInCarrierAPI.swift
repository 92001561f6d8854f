import NIOCore
import NIOPosix

/// The REST API of the stand-in carrier on loopback, in the shape of SignalWire's or Twilio's, and the calls that the
/// router places through it.
package final class StandInCarrierAPI: Sendable {
    package let carrier: StandInCarrier
    private let desk: StandInAPIDesk
    private let server: LoopbackServer
    /// Makes the calls; ends with ``stop()``.
    private let calls: Task<Void, Never>

    private init(carrier: StandInCarrier, desk: StandInAPIDesk, server: LoopbackServer) {
        self.carrier = carrier
        self.desk = desk
        self.server = server
        self.calls = Task {
            await withDiscardingTaskGroup { group in
                for await job in desk.jobs {
                    group.addTask { await job.call.place(job.order, after: job.queueTime) }
                }
            }
        }
    }

    /// Starts the API on a free port of 127.0.0.1.
    package static func start(
        for carrier: StandInCarrier,
        settings: StandInAPISettings = StandInAPISettings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> StandInCarrierAPI {
        let desk = StandInAPIDesk(carrier: carrier, settings: settings)
        let server = try await LoopbackServer.start(
            group: group,
            behaviour: LoopbackServer.Behaviour(respond: { desk.respond($0) })
        )
        return StandInCarrierAPI(carrier: carrier, desk: desk, server: server)
    }

    /// What goes into `SIGNALWIRE_SPACE_URL` or `TWILIO_API_URL`.
    package var url: String { "http://127.0.0.1:\(self.server.port)" }

    /// The requests so far, in order.
    package var requests: Record<[StandInAPIRequest]> { self.desk.requests }

    /// What goes wrong with the next requests: each fault with the first request that it fits.
    package func fail(_ faults: StandInAPIFault...) { self.desk.faults.update { $0 += faults } }

    /// Closes the port, hangs up every call that was placed, and waits for their ends.
    package func stop() async {
        await self.server.stop()
        self.desk.close()
        for call in self.carrier.calls.current where call.record.read({ $0.order != nil && $0.end == nil }) {
            await call.hangUp()
        }
        // Callbacks that are still to come are not sent any more.
        self.calls.cancel()
        await self.calls.value
    }
}
