import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// Tests a running router from outside, as a carrier meets it.
struct RouterProbe: Sendable {
    /// One line of `probe`.
    struct Step: Sendable, Equatable {
        let name: String
        let hasPassed: Bool
        let duration: Duration
        /// What was found, and what to do about it.
        let detail: String

        var line: String {
            "\(self.hasPassed ? "ok    " : "failed")  \(self.name) (\(self.duration.milliseconds) ms): \(self.detail)"
        }
    }

    /// No step may take longer.
    static let timeout = Duration.seconds(10)
    /// A router that refuses a start does so within milliseconds; one that accepts it may be silent this long.
    static let refusalTime = Duration.seconds(2)

    let target: ProbeTarget
    let token: String?
    let callID: String?
    let eventLoopGroup: any EventLoopGroup

    /// Makes the four steps, and reports each when it is done; after a failed connection only `/health` is tried.
    func run(report: (Step) -> Void) async {
        let started = ContinuousClock.now
        let visitor: WebSocketVisitor?
        do {
            visitor = try await WebSocketVisitor(
                try RouterAssembly.webSocketClient(for: self.target.stream),
                url: self.target.stream.string,
                on: self.eventLoopGroup.any(),
                timeout: Self.timeout
            )
            report(
                self.step("connection", since: started, passed: true, "\(self.target.stream.string) opens a WebSocket")
            )
        } catch {
            visitor = nil
            report(self.step("connection", since: started, passed: false, self.advice(on: error)))
        }
        report(await self.health())
        guard let visitor else { return }
        let isStreaming = await self.start(visitor, report: report)
        await self.stop(visitor, isStreaming: isStreaming, report: report)
    }

    private func health() async -> Step {
        let started = ContinuousClock.now
        let url = self.target.healthURL
        let client = HTTPClient(eventLoopGroup: self.eventLoopGroup)
        let step: Step
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: TimeAmount(Self.timeout))
            let body = try await response.body.collect(upTo: 64 * 1024)
            if response.status == .ok, let answer = HealthAnswer(body) {
                let detail = "\(answer.status), \(answer.activeCalls) active calls, up \(Int(answer.uptime)) s"
                step = self.step("health", since: started, passed: true, detail)
            } else {
                let detail =
                    "\(url) answers HTTP \(response.status.code), and not as a router. Check the address and the proxy."
                step = self.step("health", since: started, passed: false, detail)
            }
        } catch {
            let detail = "\(url) cannot be fetched (\(error)). Check that the port is open and the router runs."
            step = self.step("health", since: started, passed: false, detail)
        }
        try? await client.shutdown()
        return step
    }

    /// Starts a stream as SignalWire does; true where the router took it.
    private func start(_ visitor: WebSocketVisitor, report: (Step) -> Void) async -> Bool {
        let started = ContinuousClock.now
        visitor.send(#"{"event":"connected","protocol":"Call","version":"0.2.0"}"#)
        visitor.send(self.startMessage)
        switch await visitor.next(within: Self.refusalTime) {
        case .closed(let close):
            report(self.refusal(close, since: started))
            return false
        case .message:
            report(self.step("start", since: started, passed: true, "the stream is taken, and the router answers"))
        case nil:
            report(self.step("start", since: started, passed: true, "the stream is taken"))
        }
        return true
    }

    private func refusal(_ close: WebSocketClose, since started: ContinuousClock.Instant) -> Step {
        let code = close.code.map(String.init) ?? "no code"
        let refusal = "refused with \(code) \(close.reason)"
        guard close.code == WebSocketCloseCode.policyViolation, self.token == nil else {
            let detail = "\(refusal). Check --token and --call, the router's STREAM_AUTH, and its log."
            return self.step("start", since: started, passed: false, detail)
        }
        return self.step("start", since: started, passed: true, "\(refusal): stream auth is on")
    }

    private func stop(_ visitor: WebSocketVisitor, isStreaming: Bool, report: (Step) -> Void) async {
        let started = ContinuousClock.now
        guard isStreaming else {
            report(self.step("stop", since: started, passed: true, "nothing to stop"))
            return
        }
        visitor.send(#"{"event":"stop","sequenceNumber":"2"}"#)
        if let close = await visitor.closed(within: Self.timeout) {
            let code = close.code.map(String.init) ?? "no code"
            report(
                self.step(
                    "stop",
                    since: started,
                    passed: true,
                    "the router ended the call and closed the stream (\(code))"
                )
            )
        } else {
            visitor.close()
            let detail = "the router did not close the stream. Look for its call in the router's log."
            report(self.step("stop", since: started, passed: false, detail))
        }
    }

    private var startMessage: String {
        var parameters: [String: String] = [:]
        parameters["callId"] = self.callID
        parameters["token"] = self.token
        let message = StartMessage(
            start: .init(
                streamSid: UUID().uuidString.lowercased(),
                accountSid: UUID().uuidString.lowercased(),
                callSid: "probe-\(UUID().uuidString.lowercased())",
                customParameters: parameters
            )
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(message)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func advice(on error: any Error) -> String {
        switch error {
        case WebSocketConnectError.refused(let status):
            switch status {
            case 401: "refused with HTTP 401. Check the token."
            case 403: "refused with HTTP 403: the router wants a signed upgrade (STREAM_AUTH=signature)."
            case 404: "refused with HTTP 404. Check the path: media streams are served on /media-stream."
            case 503: "refused with HTTP 503: the router is draining or at capacity, or the proxy finds none."
            default: "refused with HTTP \(status). Check the address and whether the proxy passes WebSocket upgrades."
            }
        default: "\(error)"
        }
    }

    private func step(_ name: String, since started: ContinuousClock.Instant, passed: Bool, _ detail: String) -> Step {
        Step(name: name, hasPassed: passed, duration: started.duration(to: .now), detail: detail)
    }
}

/// A `start` as SignalWire sends it.
private struct StartMessage: Encodable {
    struct Format: Encodable {
        let encoding = "audio/x-mulaw"
        let sampleRate = 8000
        let channels = 1
    }

    struct Start: Encodable {
        let streamSid: String
        let accountSid: String
        let callSid: String
        let tracks = ["inbound"]
        let customParameters: [String: String]
        let mediaFormat = Format()
    }

    let event = "start"
    let sequenceNumber = "1"
    let start: Start
}
