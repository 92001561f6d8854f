import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// Looks at the public address as the carrier meets it: a page of the router, and a WebSocket.
///
/// It may be meant for a router that is not running yet, or not be reachable from inside: its findings are warnings.
struct PublicURLCheck: Sendable {
    private static let subject = "PUBLIC_URL"

    let publicURL: PublicURL?
    let streamAuth: StreamAuth
    let eventLoopGroup: any EventLoopGroup
    var timeout = RouterCheck.timeout

    /// `/health` first, and only where a router answers it, the upgrade.
    func findings() async -> [Finding] {
        guard let publicURL = self.publicURL else {
            return [
                .warning(
                    Self.subject,
                    "not set: documents for the carrier cannot be served and calls cannot be placed. Set it to this "
                        + "router's public address."
                )
            ]
        }
        let health = await self.health(publicURL.web("/health"))
        guard health.grade == .ok else { return [health] }
        return [health, await self.upgrade(publicURL.stream("/media-stream"))]
    }

    private func health(_ url: String) async -> Finding {
        let client = HTTPClient(eventLoopGroup: self.eventLoopGroup)
        let finding: Finding
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: TimeAmount(self.timeout))
            let body = try await response.body.collect(upTo: 64 * 1024)
            if response.status == .ok, HealthAnswer(body) != nil {
                finding = .ok(Self.subject, "\(url) is answered by a router")
            } else {
                finding = .warning(
                    Self.subject,
                    "\(url) answers HTTP \(response.status.code), and not as a router. Check the address and the proxy in front."
                )
            }
        } catch {
            finding = .warning(
                Self.subject,
                "\(url) cannot be fetched from here (\(error)). Start the router, or check DNS, certificate and proxy."
            )
        }
        // Nothing can be done about a connection that does not close cleanly.
        try? await client.shutdown()
        return finding
    }

    /// Opens a media stream without starting one, which leaves no call behind.
    private func upgrade(_ url: String) async -> Finding {
        do {
            let client = try RouterAssembly.webSocketClient(
                for: try WebAddress(url, schemes: ["wss", "ws"], loopbackSchemes: [])
            )
            let visitor = try await WebSocketVisitor(
                client,
                url: url,
                on: self.eventLoopGroup.any(),
                timeout: self.timeout
            )
            visitor.close()
            return .ok(Self.subject, "\(url) opens a WebSocket: upgrades reach the router")
        } catch WebSocketConnectError.refused(let status) {
            return self.refusal(status, url)
        } catch {
            return .warning(
                Self.subject,
                "\(url) does not open a WebSocket although /health is answered (\(error)). \(Self.advice)"
            )
        }
    }

    private func refusal(_ status: Int, _ url: String) -> Finding {
        switch status {
        case 403 where self.streamAuth == .signature:
            .ok(Self.subject, "\(url) refuses an upgrade without a signature, as STREAM_AUTH=signature has it")
        case 429, 503:
            .warning(
                Self.subject,
                "\(url) refuses WebSockets for now (HTTP \(status)): a limit of the proxy, or no router behind it. Check "
                    + "the proxy, and then again."
            )
        default:
            .warning(
                Self.subject,
                "\(url) answers HTTP \(status) to a WebSocket upgrade although /health is answered. \(Self.advice)"
            )
        }
    }

    private static let advice =
        "The proxy in front does not pass upgrades on: calls would connect and stay silent. Have it pass the headers "
        + "Upgrade and Connection with HTTP/1.1 (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, "
        + "proxy_set_header Connection \"upgrade\"), and check the path."
}
