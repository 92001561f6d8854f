import HTTPTypes
import Hummingbird
import NIOHTTP1

/// One whole request as the connection hands it over.
struct HTTPExchange: Sendable {
    var request: Request
    /// The connection can take a further request after this one's response.
    var keepsAlive: Bool
    /// Answered in HTTP/1.0, where keeping the connection must be said.
    var isHTTP10: Bool
}
