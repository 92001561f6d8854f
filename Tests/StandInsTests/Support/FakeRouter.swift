import Foundation
import NIOCore
import NIOHTTP1
import StandIns
import Testing

/// The router's side of a carrier, as small as it can be: documents as they are told, streams that are only recorded.
final class FakeRouter: Sendable {
    struct Request: Sendable {
        var path: String
        var uri: String
        var form: [String: String]
        var body: String
        var contentType: String?
        var signature: String?
    }

    struct State: Sendable {
        /// Requests in order.
        var requests: [Request] = []
        var upgrades: [(path: String, authorization: String?, signature: String?)] = []
        var messages: [StandInJSON] = []
        var sockets: [StandInSocket] = []
        var closes: [SocketClose] = []

        func events(_ name: String) -> [StandInJSON] { self.messages.filter { $0["event"]?.string == name } }
        var streamSID: String { self.events("start").last?["start"]?["streamSid"]?.string ?? "" }
    }

    let state = Record(State())
    let server: LoopbackServer

    private init(server: LoopbackServer) { self.server = server }

    /// `document` gives the document for a path and its form, or a status.
    static func start(
        refusing status: HTTPResponseStatus? = nil,
        document: @escaping @Sendable (String, [String: String]) -> Result<String, Refused>
    ) async throws -> FakeRouter {
        let box = Record<FakeRouter?>(nil)
        let server = try await LoopbackServer.start(
            behaviour: LoopbackServer.Behaviour(
                upgrade: { head in
                    box.current?.state.update { state in
                        state.upgrades.append(
                            (
                                head.uri, head.headers.first(name: "Authorization"),
                                head.headers.first(name: "X-Twilio-Signature")
                            )
                        )
                    }
                    return status.map { .refuse(LoopbackResponse(status: $0, headers: ["Content-Length": "0"])) }
                        ?? .accept
                },
                opened: { channel, _ in
                    let socket = try StandInSocket.install(on: channel, side: .server) { event in
                        box.current?.state.update { state in
                            switch event {
                            case .text(let text):
                                if let json = try? StandInJSON(parsing: text) { state.messages.append(json) }
                            case .binary: break
                            case .closed(let close): state.closes.append(close)
                            }
                        }
                    }
                    box.current?.state.update { $0.sockets.append(socket) }
                },
                respond: { request in
                    let body = String(buffer: request.body)
                    let form = Self.form(body)
                    box.current?.state.update { state in
                        state.requests.append(
                            Request(
                                path: request.path,
                                uri: request.uri,
                                form: form,
                                body: body,
                                contentType: request.headers.first(name: "Content-Type"),
                                signature: request.headers.first(name: "X-SignalWire-Signature")
                            )
                        )
                    }
                    switch document(request.path, form) {
                    case .success(let xml):
                        let body = ByteBuffer(string: xml)
                        return LoopbackResponse(
                            status: .ok,
                            headers: [
                                "Content-Type": xml.first == "{" ? "application/json" : "text/xml",
                                "Content-Length": "\(body.readableBytes)",
                            ],
                            steps: [.bytes(body)]
                        )
                    case .failure(let refused):
                        return LoopbackResponse(status: refused.status, headers: ["Content-Length": "0"])
                    }
                }
            )
        )
        let router = FakeRouter(server: server)
        box.update { $0 = router }
        return router
    }

    struct Refused: Error { var status: HTTPResponseStatus }

    var settings: CarrierSettings { CarrierSettings(routerPort: self.server.port) }

    func send(_ json: StandInJSON) { self.state.current.sockets.last?.send(json) }

    /// Sends a media message to the carrier.
    func play(_ audio: [UInt8]) {
        let payload = Data(audio).base64EncodedString()
        self.send([
            "event": "media", "streamSid": .string(self.state.read(\.streamSID)),
            "media": ["payload": .string(payload)],
        ])
    }

    func mark(_ name: String) {
        self.send([
            "event": "mark", "streamSid": .string(self.state.read(\.streamSID)), "mark": ["name": .string(name)],
        ])
    }

    func clear() {
        self.send(["event": "clear", "streamSid": .string(self.state.read(\.streamSID))])
    }

    func waitForStart(count: Int = 1) async throws {
        try await self.state.wait(for: "\(count) starts") { $0.events("start").count >= count ? () : nil }
    }

    static func form(_ body: String) -> [String: String] {
        var form: [String: String] = [:]
        for pair in body.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { String($0).removingPercentEncoding ?? "" }
            form[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return form
    }

    /// A document that connects a stream, and what follows it.
    static func connect(_ port: Int, then verbs: String = "") -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Response><Connect><Stream url="ws://127.0.0.1:\(port)/media-stream" realtime="true" authBearerToken="t&amp;1">\
        <Parameter name="callId" value="c-1"/><Parameter name="token" value="t&amp;1"/></Stream></Connect>\(verbs)</Response>
        """
    }
}

/// Runs `body` with a router that connects a stream and has `verbs` after it.
func withRouter<Value>(
    then verbs: @escaping @Sendable (Int) -> String = { _ in "" },
    refusing status: HTTPResponseStatus? = nil,
    _ body: (FakeRouter) async throws -> Value
) async throws -> Value {
    let port = Record(0)
    let router = try await FakeRouter.start(refusing: status) { path, _ in
        path.hasSuffix("/resume") || path.hasSuffix("/end")
            ? .success("<Response><Hangup/></Response>")
            : .success(FakeRouter.connect(port.current, then: verbs(port.current)))
    }
    port.update { $0 = router.server.port }
    do {
        let value = try await body(router)
        await router.server.stop()
        return value
    } catch {
        await router.server.stop()
        throw error
    }
}
