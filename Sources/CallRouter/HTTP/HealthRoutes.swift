import HTTPTypes
import Hummingbird
import NIOCore

/// `/health`, whether the process lives, and `/ready`, whether it takes new calls.
struct HealthRoutes {
    let services: HTTPServices

    func add(to router: Router<RouterRequestContext>) {
        router.get("health") { _, _ in self.health() }
        router.get("ready") { _, _ in self.ready() }
    }

    private func health() -> Response {
        let status = self.services.refusesNewCalls ? "draining" : "healthy"
        let uptime = self.services.startedAt.duration(to: .now)
        let milliseconds = Int(uptime / .milliseconds(1))
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let fraction = "00\(rest)".suffix(3)
        return Self.json(
            #"{"status":"\#(status)","activeCalls":\#(self.services.switchboard.activeCallCount),"#
                + #""uptime":\#(seconds).\#(fraction)}"#
        )
    }

    private func ready() -> Response {
        if self.services.refusesNewCalls { return Self.json(#"{"status":"draining"}"#, status: .serviceUnavailable) }
        guard self.services.switchboard.hasCapacity else {
            return Self.json(#"{"status":"at_capacity"}"#, status: .serviceUnavailable)
        }
        return Self.json(#"{"status":"ready"}"#)
    }

    private static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
