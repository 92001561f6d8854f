import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Wire

/// PostgREST over HTTP: one attempt per request, within a deadline.
///
/// Redirects are not followed, since the key would go along.
final class SupabaseClient: Sendable {
    /// What came back.
    struct Answer: Sendable {
        var body: JSONDocument
        /// The total of `Content-Range`, where a count was asked for.
        var total: Int?
    }

    /// A page of calls with transcripts has some megabytes at most.
    private static let maxByteCount = 16 << 20

    private let http: HTTPClient
    private let base: String
    private let headers: HTTPHeaders

    /// Makes a client of its own connections; ``shutdown()`` must be called before it goes.
    ///
    /// - Parameters:
    ///   - url: `https://<ref>.supabase.co`, or a full address that ends with `/rest/v1`.
    ///   - key: Sent as `apikey`, and as the bearer token where it is a JWT; keys of the new style (`sb_…`) are none.
    ///   - eventLoopGroup: Where the connections live.
    init(url: String, key: String, eventLoopGroup: any EventLoopGroup) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5))
        )
        configuration.connectionPool.retryConnectionEstablishment = false
        self.http = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
        self.base = url.hasSuffix("/rest/v1") ? url : url + "/rest/v1"
        var headers: HTTPHeaders = ["apikey": key]
        if !key.hasPrefix("sb_") { headers.add(name: "authorization", value: "Bearer \(key)") }
        self.headers = headers
    }

    /// Closes the connections; nothing may be asked afterwards.
    func shutdown() async {
        // Nothing can be done about a connection that does not close cleanly at the very end.
        try? await self.http.shutdown()
    }

    /// Sends a request and reads its answer.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - timeout: From now to the end of the answer.
    /// - Returns: The answer; `null` where it has no body.
    /// - Throws: ``SupabaseError``.
    func send(_ request: SupabaseRequest, timeout: Duration) async throws(SupabaseError) -> Answer {
        let outcome = await withTaskGroup(of: Result<Answer, SupabaseError>.self) { group in
            group.addTask {
                do throws(SupabaseError) {
                    return .success(try await self.attempt(request))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // A cancelled wait ends the request as well.
                try? await Task.sleep(for: timeout)
                return .failure(.unreachable("no answer within \(timeout.milliseconds) ms"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.unreachable("cancelled"))
        }
        return try outcome.get()
    }

    private func attempt(_ request: SupabaseRequest) async throws(SupabaseError) -> Answer {
        var message = HTTPClientRequest(url: self.base + request.target)
        message.method = request.method
        message.headers = self.headers
        message.headers.add(
            name: "accept",
            value: request.isSingular ? "application/vnd.pgrst.object+json" : "application/json"
        )
        if !request.prefer.isEmpty {
            message.headers.add(name: "prefer", value: request.prefer.joined(separator: ","))
        }
        if let body = request.body {
            message.headers.add(name: "content-type", value: "application/json")
            message.body = .bytes(body.encoded())
        }
        do {
            let response = try await self.http.execute(message, deadline: .distantFuture)
            let bytes = try await response.body.collect(upTo: Self.maxByteCount)
            let text = String(buffer: bytes)
            let document = text.isEmpty ? .null : JSONDocument(parsing: text)
            guard (200..<300).contains(response.status.code) else {
                throw SupabaseError(status: Int(response.status.code), body: document)
            }
            guard let document else {
                // A page of a proxy or a login in between, with status 200.
                throw SupabaseError.unreachable("the answer is no JSON")
            }
            return Answer(body: document, total: Self.total(of: response.headers.first(name: "content-range")))
        } catch let error as SupabaseError {
            throw error
        } catch let error as HTTPClientError {
            throw .unreachable(error.shortDescription)
        } catch {
            // Addresses, error numbers, certificate trouble: nothing of the request.
            throw .unreachable(String("\(error)".prefix(200)))
        }
    }

    /// The total of `0-9/57`; nil for `*`.
    private static func total(of range: String?) -> Int? {
        range.flatMap { $0.split(separator: "/").last }.flatMap { Int($0) }
    }
}
