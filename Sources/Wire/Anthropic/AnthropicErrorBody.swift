import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The body of an error response; one that cannot be read (a proxy's page, say) has neither type nor message.
struct AnthropicErrorBody {
    private let wire: Wire?

    init(_ body: ByteBuffer) {
        self.wire = try? JSONDecoder().decode(Wire.self, from: Data(body.readableBytesView))
    }

    /// Whether the message complains about `field`.
    ///
    /// Messages are not stable: this is only good for leaving out what the request can do without.
    func names(_ field: AnthropicRequest.OptionalField) -> Bool {
        self.wire?.error.message?.contains(field.rawValue) ?? false
    }

    func failure(_ response: HTTPClientResponse, now: Date) -> AnthropicFailure {
        let shouldRetry: Bool? =
            switch response.headers.first(name: "x-should-retry") {
            case "true": true
            case "false": false
            default: nil
            }
        return AnthropicFailure(
            status: Int(response.status.code),
            type: self.wire?.error.type ?? "unknown",
            retryAfter: AnthropicRetryAfter.wait(response.headers, now: now),
            shouldRetry: shouldRetry,
            requestID: response.headers.first(name: "request-id") ?? self.wire?.requestID
        )
    }

    private struct Wire: Decodable {
        struct Detail: Decodable {
            let type: String?
            let message: String?
        }
        let error: Detail
        let requestID: String?

        enum CodingKeys: String, CodingKey {
            case error
            case requestID = "request_id"
        }
    }
}
