import CallActors
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// Lets only those through to `/v1` who may use it, and not too often.
final class APIGuard: RouterMiddleware {
    typealias Context = RouterRequestContext

    private let token: SHA256.Digest?
    private let servesLoopbackPeers: Bool
    private let buckets: Mutex<TokenBuckets>
    private let metering: any CallMetering
    private let now: @Sendable () -> ContinuousClock.Instant

    init(
        configuration: RouterConfiguration,
        metering: any CallMetering,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.token = configuration.api.token.map { SHA256.hash(data: Data($0.value.utf8)) }
        // A router that the world reaches is reached through a proxy, and then every peer looks like a local one.
        self.servesLoopbackPeers = configuration.api.token == nil && configuration.publicURL?.isLoopback ?? true
        self.buckets = Mutex(TokenBuckets(perMinute: configuration.api.requestsPerMinute))
        self.metering = metering
        self.now = now
    }

    func handle(
        _ request: Request,
        context: RouterRequestContext,
        next: @concurrent (Request, RouterRequestContext) async throws -> Response
    ) async throws -> Response {
        let isAuthorized = self.isAuthorized(request, peer: context.peer)
        // Guesses share a bucket, whatever token they try, and do not use up that of the rightful client.
        let key = TokenBuckets.Key(peer: context.peer.text, isAuthorized: isAuthorized)
        if let wait = self.buckets.withLock({ $0.take(key, at: self.now()) }) {
            self.metering.streamRejected(.rateLimited)
            throw APIError(
                .tooManyRequests,
                code: "rate_limited",
                message: "Too many requests. Try again in \(wait) seconds, or raise API_REQUESTS_PER_MINUTE.",
                headers: [.retryAfter: "\(wait)"]
            )
        }
        guard isAuthorized else {
            throw APIError(
                .unauthorized,
                code: "unauthorized",
                message: self.token == nil
                    ? "This router answers here only to programs on its own machine. Set ROUTER_API_TOKEN."
                    : "Send the router's API token as Authorization: Bearer.",
                headers: [.wwwAuthenticate: "Bearer"]
            )
        }
        return try await next(request, context)
    }

    private func isAuthorized(_ request: Request, peer: PeerAddress) -> Bool {
        guard let token = self.token else {
            return self.servesLoopbackPeers && peer.isLoopback && !Self.isForwarded(request.headers)
        }
        guard let value = request.headers[.authorization] else { return false }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        // The comparison of digests takes the same time wherever they differ, and hides the token's length.
        return SHA256.hash(data: Data(parts[1].utf8)) == token
    }

    /// The request passed a proxy, so that its peer is not its sender.
    private static func isForwarded(_ headers: HTTPFields) -> Bool {
        headers.contains { field in
            let name = field.name.canonicalName
            return name == "forwarded" || name.hasPrefix("x-forwarded-")
        }
    }
}
