import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Posts envelopes: one attempt each, within a deadline.
///
/// Redirects are not followed, since the key would go along.
final class SentryClient: Sendable {
    /// Answers are an identifier or a sentence.
    private static let answerLimit = 64 << 10

    private let http: HTTPClient
    private let dsn: SentryDSN

    /// Makes a client of its own connections; ``shutdown()`` must be called before it goes.
    ///
    /// - Parameters:
    ///   - dsn: Where to.
    ///   - eventLoopGroup: Where the connections live.
    init(dsn: SentryDSN, eventLoopGroup: any EventLoopGroup) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5))
        )
        configuration.connectionPool.retryConnectionEstablishment = false
        self.http = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
        self.dsn = dsn
    }

    /// Closes the connections; nothing may be sent afterwards.
    func shutdown() async {
        // Nothing can be done about a connection that does not close cleanly at the very end.
        try? await self.http.shutdown()
    }

    /// Sends one event.
    func send(_ event: SentryEvent, timeout: Duration) async -> SentryAnswer {
        await self.post(event.envelope(sentAt: Date()), timeout: timeout)
    }

    /// Sends an envelope.
    func post(_ envelope: ByteBuffer, timeout: Duration) async -> SentryAnswer {
        var request = HTTPClientRequest(url: self.dsn.envelopeURL)
        request.method = .POST
        request.headers = [
            "content-type": "application/x-sentry-envelope", "user-agent": SentryDSN.client,
            "x-sentry-auth": self.dsn.authorization,
        ]
        request.body = .bytes(envelope)
        return await withTaskGroup(of: SentryAnswer.self) { [request] race in
            race.addTask { await self.attempt(request) }
            race.addTask {
                // A cancelled wait ends the request as well.
                try? await Task.sleep(for: timeout)
                return .unavailable("no answer within \(timeout.milliseconds) ms")
            }
            defer { race.cancelAll() }
            return await race.next() ?? .unavailable("cancelled")
        }
    }

    private func attempt(_ request: HTTPClientRequest) async -> SentryAnswer {
        do {
            let response = try await self.http.execute(request, deadline: .distantFuture)
            let answer = SentryAnswer(status: Int(response.status.code), headers: response.headers)
            // Read to its end, so that the connection can be used again; what it says changes nothing.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return answer
        } catch let error as HTTPClientError {
            return .unavailable(error.shortDescription)
        } catch {
            return .unavailable(String("\(error)".prefix(200)))
        }
    }
}
