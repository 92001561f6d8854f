import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// The REST API of SignalWire (compatibility API) and Twilio, as far as calls go.
///
/// Each method makes one attempt; trying again is the caller's decision. Redirects are not followed, since the
/// credentials would go along.
package final class CarrierRESTClient: Sendable {
    /// How long one request may take in all; carriers answer within a second or two.
    package static let patience = TimeAmount.seconds(15)
    /// A page of fifty call objects has about 60 kB.
    private static let maxBodyByteCount = 1 << 20

    private let http: HTTPClient
    private let dialect: CarrierRESTDialect
    private let account: String
    private let authorization: String
    private let logger: Logger

    /// Makes a client of its own connections; ``shutdown()`` must be called before it goes.
    ///
    /// - Parameters:
    ///   - dialect: Whose API it is.
    ///   - baseURL: Scheme, host and port; a path in it is kept.
    ///   - account: Project ID or account SID: the user name as well as a part of every path.
    ///   - token: The password; never logged.
    ///   - eventLoopGroup: Where the connections live.
    ///   - logger: Hears of each answer at debug level.
    package init(
        dialect: CarrierRESTDialect,
        baseURL: String,
        account: String,
        token: String,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger
    ) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(10))
        )
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        configuration.connectionPool.retryConnectionEstablishment = false
        // A connection that the server closes just as it is used again costs an answer: old ones are not used.
        configuration.connectionPool.idleTimeout = .seconds(10)
        self.http = HTTPClient(eventLoopGroup: eventLoopGroup, configuration: configuration)
        self.dialect = dialect
        self.account =
            (baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL) + dialect.root
            + CarrierRESTForm.encode(account)
        self.authorization = "Basic " + Data("\(account):\(token)".utf8).base64EncodedString()
        self.logger = logger
    }

    /// Closes the connections; nothing may be asked afterwards.
    package func shutdown() async {
        do {
            try await self.http.shutdown()
        } catch {
            self.logger.debug("The connections to the carrier did not close cleanly.", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Calls

    /// Places a call.
    package func create(_ order: CarrierRESTOrder) async throws(CarrierRESTError) -> CarrierRESTCall {
        let answer = try await self.post("/Calls", order.form)
        guard let call = CarrierRESTCall(answer) else { throw .unanswered("its answer names no call") }
        return call
    }

    /// Changes a call: `Url` and `Method` give it another document, `Status` ends it.
    package func update(_ sid: String, _ form: CarrierRESTForm) async throws(CarrierRESTError) {
        _ = try await self.post("/Calls/\(CarrierRESTForm.encode(sid))", form)
    }

    /// Looks a call up.
    package func call(_ sid: String) async throws(CarrierRESTError) -> CarrierRESTCall {
        let answer = try await self.get("/Calls/\(CarrierRESTForm.encode(sid))", [:])
        guard let call = CarrierRESTCall(answer) else { throw .unanswered("its answer is no call") }
        return call
    }

    /// Lists the newest calls to a number that began on `date`'s day (UTC) or later; nil where the answer is no list.
    package func calls(to number: String, since date: Date) async throws(CarrierRESTError) -> [CarrierRESTCall]? {
        let day = date.formatted(.iso8601.year().month().day())
        let answer = try await self.get("/Calls", ["To": number, "StartTime>": day, "PageSize": "50"])
        return CarrierRESTCall.list(answer)
    }

    // MARK: - HTTP

    private func get(_ path: String, _ query: CarrierRESTForm) async throws(CarrierRESTError) -> ByteBuffer {
        var request = self.request(.GET, path, query: query.fields.isEmpty ? "" : "?\(query.encoded)")
        request.headers.add(name: "Accept", value: "application/json")
        return try await self.answer(to: request) { true }
    }

    private func post(_ path: String, _ form: CarrierRESTForm) async throws(CarrierRESTError) -> ByteBuffer {
        var request = self.request(.POST, path, query: "")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let body = CarrierRESTBody(form.encoded)
        request.body = .stream(body, length: .known(Int64(body.bytes.readableBytes)))
        return try await self.answer(to: request) { body.wasSent }
    }

    private func request(_ method: HTTPMethod, _ path: String, query: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: self.account + path + self.dialect.suffix + query)
        request.method = method
        request.headers.add(name: "Authorization", value: self.authorization)
        return request
    }

    /// The body of a 2xx answer.
    private func answer(
        to request: HTTPClientRequest,
        wasSent: () -> Bool
    ) async throws(CarrierRESTError) -> ByteBuffer {
        let deadline = NIODeadline.now() + Self.patience
        let response: HTTPClientResponse
        do { response = try await self.http.execute(request, deadline: deadline) } catch {
            throw self.noAnswer(error, wasSent: wasSent())
        }
        let body: Result<ByteBuffer, any Error>
        do { body = .success(try await response.body.collect(upTo: Self.maxBodyByteCount)) } catch {
            body = .failure(error)
        }
        let status = Int(response.status.code)
        switch body {
        case .success(let body) where (200...299).contains(status): return body
        case .failure(let error) where (200...299).contains(status): throw self.noAnswer(error, wasSent: true)
        // The status stands also where the body does not arrive.
        case .success, .failure:
            let failure = CarrierRESTFailure(
                status: status,
                code: (try? body.get()).flatMap(CarrierRESTErrorBody.code),
                retryAfter: CarrierRESTRetryAfter.wait(response.headers)
            )
            self.logger.debug("\(failure)")
            throw .refused(failure)
        }
    }

    private func noAnswer(_ error: any Error, wasSent: Bool) -> CarrierRESTError {
        let reason = Self.reason(error)
        self.logger.debug("The carrier's API gave no answer.", metadata: ["reason": "\(reason)"])
        return wasSent ? .unanswered(reason) : .notSent(reason)
    }

    /// Addresses, error numbers, certificate trouble: nothing of the request.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case is CancellationError: "the request was withdrawn"
        case is NIOTooManyBytesError: "its answer is too long"
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout: "it took too long"
        case let error as HTTPClientError: error.shortDescription
        default: String("\(error)".prefix(200))
        }
    }
}
