import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A phone network on loopback: callers who call the router's number, people and machines whom the router calls, and
/// media streams as SignalWire or Twilio open them.
package final class StandInCarrier: Sendable {
    package let settings: CarrierSettings
    /// The calls so far, in order.
    package let calls = Record<[CarrierCall]>([])
    private let group: any EventLoopGroup
    private let routes: Record<[String: Int]>
    private let callees = Record<[String: [Callee]]>([:])

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
        self.addCall { number in
            CarrierCallRecord(
                callSID: callSID ?? UUID().uuidString.lowercased(),
                number: number,
                from: from ?? "+1555555\(1000 + number % 9000)",
                to: self.settings.ownNumber
            )
        }
    }

    /// Says what becomes of the calls to a number: the first of `callees` of the first call, and so on; the last one of
    /// all that follow.
    package func script(_ number: String, _ callees: Callee...) {
        self.callees.update { $0[number] = callees }
    }

    /// What becomes of the call to `number` that is made now.
    func nextCallee(of number: String) -> Callee {
        self.callees.update { all in
            guard let first = all[number]?.first else { return self.settings.callee }
            if let count = all[number]?.count, count > 1 { all[number]?.removeFirst() }
            return first
        }
    }

    /// Takes an order of the REST API; ``CarrierCall/place(_:after:)`` makes the call.
    func makeCall(for order: CarrierOrder) -> CarrierCall {
        let hex = UUID().uuidString.lowercased()
        let callSID = self.settings.dialect == .twilio ? "CA" + hex.replacing("-", with: "") : hex
        return self.addCall { number in
            var record = CarrierCallRecord(callSID: callSID, number: number, from: order.from, to: order.to)
            record.direction = "outbound-api"
            record.order = order
            return record
        }
    }

    /// Waits for the `count`-th call that the router places to `number`.
    package func call(to number: String, count: Int = 1, within timeout: Duration = .seconds(20)) async throws
        -> CarrierCall
    {
        try await self.calls.wait(for: "call \(count) to the number", within: timeout) { calls in
            let placed = calls.filter { call in
                call.record.read { $0.to == number && $0.direction == "outbound-api" }
            }
            return placed.count >= count ? placed[count - 1] : nil
        }
    }

    private func addCall(_ record: (UInt32) -> CarrierCallRecord) -> CarrierCall {
        self.calls.update { calls in
            let call = CarrierCall(
                carrier: self,
                eventLoop: self.group.next(),
                record: record(UInt32(calls.count + 1))
            )
            calls.append(call)
            return call
        }
    }

    /// Fetches a document or posts a callback, signed where there is a key.
    func request(_ method: String, _ url: String, _ content: CarrierContent) async throws -> CarrierAnswer {
        let isGet = method.uppercased() == "GET"
        let full = isGet ? content.appended(to: url) : url
        let (port, authority, path) = try self.resolve(full)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = isGet ? .GET : .POST
        request.headers.add(name: "Host", value: authority)
        request.headers.add(name: "User-Agent", value: "stand-in carrier")
        if !isGet {
            request.headers.add(name: "Content-Type", value: content.type)
            request.body = .bytes(ByteBuffer(string: content.body))
        }
        if let key = self.settings.signingKey {
            let name = self.settings.dialect == .twilio ? "X-Twilio-Signature" : "X-SignalWire-Signature"
            let signer = WebhookSigner(key: key)
            request.headers.add(name: name, value: content.signature(by: signer, url: full, isGet: isGet))
        }
        // A carrier waits 5 s for a document, and takes at most 64 KiB.
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
        let body = try await response.body.collect(upTo: 1 << 20)
        return CarrierAnswer(
            status: Int(response.status.code),
            contentType: response.headers.first(name: "Content-Type"),
            body: String(buffer: body)
        )
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
}
