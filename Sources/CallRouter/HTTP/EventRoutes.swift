import CallActors
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// `GET /v1/events`: what happens in all calls, as it happens.
struct EventRoutes {
    let services: HTTPServices
    /// Between two heartbeats; below the time after which proxies let a silent connection go.
    let heartbeatTime: Duration

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.get("events") { _, context in try self.follow(on: context.channel) }
    }

    private func follow(on channel: any Channel) throws -> Response {
        let outbound = try self.services.requireOutbound()
        guard let follower = outbound.hub.follow() else {
            throw APIError(
                .serviceUnavailable,
                code: "at_capacity",
                message: "\(CallEventHub.followerLimit) programs follow the events already. Stop one, or share it.",
                headers: [.retryAfter: "30"]
            )
        }
        let heartbeatTime = TimeAmount(self.heartbeatTime)
        let body = ResponseBody { writer in
            let beats = channel.eventLoop.scheduleRepeatedTask(initialDelay: heartbeatTime, delay: heartbeatTime) { _ in
                follower.beat()
            }
            defer { beats.cancel() }
            channel.closeFuture.whenComplete { _ in follower.stop() }
            // A server that stops waits for its responses: this one would have no end.
            try await withGracefulShutdownHandler {
                try await writer.write(ServerSentEvent.greeting)
                for await signal in follower.signals {
                    switch signal {
                    case .heartbeat: try await writer.write(ServerSentEvent.heartbeat)
                    case .event(let event):
                        if let event = ServerSentEvent(event) { try await writer.write(event.text) }
                    }
                }
            } onGracefulShutdown: {
                follower.stop()
            }
            try await writer.finish(nil)
        }
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        // Asks nginx to pass each event on at once.
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(status: .ok, headers: headers, body: body)
    }
}
