import CallActors
import HTTPTypes
import Hummingbird
import Logging

/// The carrier's callbacks: how calls stand, who answered, what streams do.
///
/// A callback that tells us nothing is no reason for the carrier to send it again, so it is answered like the others.
struct WebhookRoutes {
    private typealias Take = @Sendable (CarrierRequest, any CarrierEvents) async -> Bool

    let services: HTTPServices

    func add(to router: Router<RouterRequestContext>) {
        for base in ["webhooks/signalwire", "api/webhooks/twilio"] {
            self.add("\(base)/status", to: router) { request, events in
                guard let update = WebhookReports.status(request) else { return false }
                await events.status(update)
                return true
            }
            self.add("\(base)/amd", to: router) { request, events in
                guard let report = WebhookReports.answering(request) else { return false }
                await events.answered(report)
                return true
            }
            self.add("\(base)/stream", to: router) { request, events in
                guard let report = WebhookReports.stream(request) else { return false }
                await events.stream(report)
                return true
            }
        }
    }

    private func add(_ path: String, to router: Router<RouterRequestContext>, take: @escaping Take) {
        router.post(RouterPath(path)) { request, context in
            let reader = CarrierRequestReader(services: self.services)
            let request = try await reader.read(request, logger: context.logger)
            if let events = self.services.outbound?.events, await !take(request, events) {
                self.services.metering.malformedMessage(.carrier)
                context.logger.debug("A callback of the carrier could not be used", metadata: ["path": "\(path)"])
            }
            return Response(status: .noContent)
        }
    }
}
