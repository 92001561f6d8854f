import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A phone network on loopback: callers who call the router's number, and media streams as SignalWire or Twilio open
/// them.
package final class StandInCarrier: Sendable {
    package let settings: CarrierSettings
    /// The calls so far, in order.
    package let calls = Record<[CarrierCall]>([])
    private let group: any EventLoopGroup
    private let routes: Record<[String: Int]>

    package init(
        settings: CarrierSettings,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.settings = settings
        self.group = group
        self.routes = Record([Self.authority(of: settings.publicBase): settings.routerPort])
    }

    /// Points an authority (`host:port`, as addresses name it) to a port of 127.0.0.1, as DNS and proxies do.
    package func route(_ authority: String, to port: Int) {
        self.routes.update { $0[authority] = port }
    }

    /// A caller who will call the router's number.
    ///
    /// ``CarrierCall/run(from:)`` makes the call.
    package func makeCall(from: String? = nil, callSID: String? = nil) -> CarrierCall {
        self.calls.update { calls in
            let number = UInt32(calls.count + 1)
            let call = CarrierCall(
                carrier: self,
                eventLoop: self.group.next(),
                record: CarrierCallRecord(
                    callSID: callSID ?? UUID().uuidString.lowercased(),
                    number: number,
                    from: from ?? "+1555555\(1000 + number % 9000)",
                    to: self.settings.ownNumber
                )
            )
            calls.append(call)
            return call
        }
    }

    /// Fetches a document or posts a callback, signed where there is a key.
    ///
    /// - Returns: Status and body.
    func request(
        _ method: String,
        _ url: String,
        form: [(name: String, value: String)]
    ) async throws -> (status: Int, body: String) {
        let encoded = form.map { "\(Self.escape($0.name))=\(Self.escape($0.value))" }.joined(separator: "&")
        let isGet = method.uppercased() == "GET"
        let full = isGet && !encoded.isEmpty ? url + (url.contains("?") ? "&" : "?") + encoded : url
        let (port, authority, path) = try self.resolve(full)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = isGet ? .GET : .POST
        request.headers.add(name: "Host", value: authority)
        request.headers.add(name: "User-Agent", value: "stand-in carrier")
        if !isGet {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=UTF-8")
            request.body = .bytes(ByteBuffer(string: encoded))
        }
        if let key = self.settings.signingKey {
            let name = self.settings.dialect == .twilio ? "X-Twilio-Signature" : "X-SignalWire-Signature"
            let signature = WebhookSigner(key: key).signature(url: full, form: isGet ? [] : form)
            request.headers.add(name: name, value: signature)
        }
        // A carrier waits 5 s for a document, and takes at most 64 KiB.
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), String(buffer: body))
    }

    /// Where an address leads: the port, the authority that it names and its path with query.
    func resolve(_ url: String) throws -> (port: Int, authority: String, path: String) {
        let authority = Self.authority(of: url)
        guard let port = self.routes.read({ $0[authority] }) else {
            throw CallDocument.Refusal(reason: "no route to \(authority)")
        }
        let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let path = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        return (port, authority, path)
    }

    private static func authority(of url: String) -> String {
        let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return String(rest.prefix { $0 != "/" && $0 != "?" })
    }

    private static func escape(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }
}
