import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Claude's Messages API over HTTP.
///
/// Each method makes one attempt within its timeout; trying again is the caller's decision. There is one exception: a
/// model that turns down an optional field is asked again at once without it, and from then on never with it.
/// Cancelling the task aborts the request. Redirects are not followed, since the key would go along.
package final class AnthropicClient: Sendable {
    /// The version of the API that these messages follow.
    private static let apiVersion = "2023-06-01"
    /// The bound of an answer that is not streamed: a summary has a few kilobytes.
    private static let maxBodyByteCount = 4 << 20
    /// The bound of an error body, which is a line or two.
    private static let maxErrorByteCount = 64 << 10

    private let http: HTTPClient
    private let baseURL: String
    private let apiKey: String
    private let logger: Logger
    /// Which fields each model has turned down; bounded by the models that a configuration names.
    private let turnedDown = Mutex<[String: Set<AnthropicRequest.OptionalField>]>([:])

    /// Makes a client of its own connections; ``shutdown()`` must be called before it goes.
    ///
    /// - Parameters:
    ///   - baseURL: `https://api.anthropic.com`, or `http://` for a stand-in; a path in it is kept.
    ///   - apiKey: Sent as `x-api-key`, never logged.
    ///   - eventLoopGroup: Where the connections live.
    ///   - logger: Hears of each answer at debug level.
    package init(
        baseURL: String,
        apiKey: String,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger
    ) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5))
        )
        // Without HTTP/2 each request in flight needs a connection: as many as calls may ask at the same time.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        self.http = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.apiKey = apiKey
        self.logger = logger
    }

    /// Closes the connections; nothing may be asked afterwards.
    package func shutdown() async {
        do {
            try await self.http.shutdown()
        } catch {
            self.logger.debug("The connections to Claude did not close cleanly.", metadata: ["error": "\(error)"])
        }
    }

    /// Asks for an answer in one piece.
    package func send(
        _ request: AnthropicRequest,
        timeout: Duration
    ) async throws(AnthropicError) -> AnthropicReply {
        try await self.answer(to: request, streaming: false, timeout: timeout) { _ in }
    }

    /// Asks for an answer in server-sent events, and returns it when it is whole.
    ///
    /// - Parameters:
    ///   - request: What to ask.
    ///   - timeout: From now to the end of the answer.
    ///   - onText: Hears each piece of text as it arrives, from the task that reads the answer.
    /// - Returns: The whole answer.
    /// - Throws: Why there is none, after text may have been heard already.
    package func stream(
        _ request: AnthropicRequest,
        timeout: Duration,
        onText: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(AnthropicError) -> AnthropicReply {
        try await self.answer(to: request, streaming: true, timeout: timeout, onText: onText)
    }

    /// Looks a model up, which costs no tokens: tells whether key, network and name are right, and leaves an open
    /// connection for the next request.
    package func model(_ id: String, timeout: Duration) async throws(AnthropicError) -> AnthropicModel {
        let request = self.request(.GET, "/v1/models/\(Self.pathComponent(id))")
        return try await withAnthropicTimeout(timeout) { () async throws(AnthropicError) -> AnthropicModel in
            let response = try await self.execute(request)
            guard response.status == .ok else {
                throw .api(try await Self.errorBody(of: response).failure(response, now: Date()))
            }
            return try AnthropicModel(try await Self.collect(response.body))
        }
    }

    // MARK: One answer

    private func answer(
        to request: AnthropicRequest,
        streaming: Bool,
        timeout: Duration,
        onText: @escaping @Sendable (String) -> Void
    ) async throws(AnthropicError) -> AnthropicReply {
        let without = self.turnedDown.withLock { $0[request.model] ?? [] }
        return try await withAnthropicTimeout(timeout) { () async throws(AnthropicError) -> AnthropicReply in
            let first = try await self.attempt(request, streaming: streaming, without: without, onText: onText)
            guard case .turnedDown(let fields, _) = first else { return try first.reply() }
            self.logger.debug(
                "The model does not take an optional field; asking again without it.",
                metadata: ["model": "\(request.model)", "fields": "\(fields.map(\.rawValue).sorted())"]
            )
            let fewer = without.union(fields)
            let reply = try await self.attempt(request, streaming: streaming, without: fewer, onText: onText).reply()
            // Only now it is sure that the field was at fault, and not merely mentioned.
            self.turnedDown.withLock { $0[request.model, default: []].formUnion(fields) }
            return reply
        }
    }

    private enum Attempt {
        case answered(AnthropicReply)
        /// The API names optional fields of the request in its complaint.
        case turnedDown(Set<AnthropicRequest.OptionalField>, AnthropicFailure)

        func reply() throws(AnthropicError) -> AnthropicReply {
            switch self {
            case .answered(let reply): return reply
            case .turnedDown(_, let failure): throw .api(failure)
            }
        }
    }

    private func attempt(
        _ request: AnthropicRequest,
        streaming: Bool,
        without: Set<AnthropicRequest.OptionalField>,
        onText: @Sendable (String) -> Void
    ) async throws(AnthropicError) -> Attempt {
        var post = self.request(.POST, "/v1/messages")
        post.headers.add(name: "content-type", value: "application/json")
        if streaming { post.headers.add(name: "accept", value: "text/event-stream") }
        post.body = .bytes(request.body(streaming: streaming, without: without))

        let response = try await self.execute(post)
        guard response.status == .ok else {
            let body = try await Self.errorBody(of: response)
            let failure = body.failure(response, now: Date())
            self.log(failure, model: request.model)
            guard failure.status == 400 else { throw .api(failure) }
            let fields = request.optionalFields.subtracting(without).filter(body.names)
            guard !fields.isEmpty else { throw .api(failure) }
            return .turnedDown(fields, failure)
        }
        let requestID = response.headers.first(name: "request-id")
        let reply =
            streaming
            ? try await Self.read(response.body, requestID: requestID, onText: onText)
            : try AnthropicReply(message: try await Self.collect(response.body), requestID: requestID)
        self.log(reply, model: request.model)
        return .answered(reply)
    }

    /// Reads server-sent events up to the end of the answer; what a server may still send afterwards is not awaited.
    private static func read(
        _ body: HTTPClientResponse.Body,
        requestID: String?,
        onText: @Sendable (String) -> Void
    ) async throws(AnthropicError) -> AnthropicReply {
        var parser = SSEParser()
        var accumulator = AnthropicStreamAccumulator()
        var chunks = body.makeAsyncIterator()
        while !accumulator.isFinished {
            let chunk: ByteBuffer?
            do { chunk = try await chunks.next() } catch { throw AnthropicError(transport: error) }
            guard let chunk else { break }
            let events: [SSEEvent]
            do { events = try parser.feed(chunk) } catch { throw .malformed(error.description) }
            for event in events {
                if let text = try accumulator.handle(event) { onText(text) }
            }
        }
        if Task.isCancelled { throw .cancelled }
        return try accumulator.reply(requestID: requestID)
    }

    // MARK: HTTP

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: self.baseURL + path)
        request.method = method
        request.headers.add(name: "x-api-key", value: self.apiKey)
        request.headers.add(name: "anthropic-version", value: Self.apiVersion)
        return request
    }

    private func execute(_ request: HTTPClientRequest) async throws(AnthropicError) -> HTTPClientResponse {
        do {
            // Its own deadline ends with the head of the response; ours goes on to the end of the body.
            return try await self.http.execute(request, deadline: .distantFuture)
        } catch {
            throw AnthropicError(transport: error)
        }
    }

    private static func collect(_ body: HTTPClientResponse.Body) async throws(AnthropicError) -> ByteBuffer {
        do {
            return try await body.collect(upTo: Self.maxBodyByteCount)
        } catch {
            throw AnthropicError(transport: error)
        }
    }

    /// The body of an error response; the status stands also where the body does not arrive.
    private static func errorBody(of response: HTTPClientResponse) async throws(AnthropicError) -> AnthropicErrorBody {
        let body = try? await response.body.collect(upTo: Self.maxErrorByteCount)
        if Task.isCancelled { throw .cancelled }
        return AnthropicErrorBody(body ?? ByteBuffer())
    }

    private static func pathComponent(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", "_", "."])) ?? ""
    }

    // MARK: Logs

    private func log(_ reply: AnthropicReply, model: String) {
        self.logger.debug(
            "Claude answered.",
            metadata: [
                "model": "\(model)", "stop_reason": "\(reply.stopReason)", "request_id": "\(reply.requestID ?? "-")",
                "input_tokens": "\(reply.usage.inputTokens)", "output_tokens": "\(reply.usage.outputTokens)",
            ]
        )
    }

    private func log(_ failure: AnthropicFailure, model: String) {
        self.logger.debug(
            "Claude answered with an error.",
            metadata: [
                "model": "\(model)", "status": "\(failure.status)", "type": "\(failure.type)",
                "request_id": "\(failure.requestID ?? "-")",
            ]
        )
    }
}
