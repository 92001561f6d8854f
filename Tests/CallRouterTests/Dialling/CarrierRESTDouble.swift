import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Wire

@testable import CallRouter

/// A loopback carrier API that checks who asks, keeps what it was asked and answers by a script.
struct CarrierRESTDouble {
    struct Asked: Sendable, Equatable {
        var method: String
        /// What follows the account in the path, with its query.
        var path: String
        var form: URLEncodedForm
    }

    struct Answer: Sendable {
        var status: Int
        var body: String

        static func call(_ sid: String, _ status: String, created: String = "", http: Int = 200) -> Answer {
            Answer(status: http, body: #"{"sid":"\#(sid)","status":"\#(status)","date_created":"\#(created)"}"#)
        }

        static func error(_ status: Int, _ code: Int) -> Answer {
            Answer(status: status, body: #"{"code":\#(code),"message":"m","status":\#(status)}"#)
        }
    }

    typealias Script = @Sendable (_ index: Int, Asked) -> Answer

    private final class Log: Sendable {
        let asked = Mutex<[Asked]>([])
        let arrivals = AsyncStream.makeStream(of: Asked.self, bufferingPolicy: .bufferingOldest(1_000))
    }

    private let log: Log
    var asked: [Asked] { self.log.asked.withLock { $0 } }

    /// The next request that was not waited for yet.
    func next() async -> Asked? { await self.log.arrivals.stream.first { _ in true } }

    static let space = "/api/laml/2010-04-01/Accounts/project-1"

    /// Runs `body` with the carrier's control over a double of SignalWire.
    static func run(
        _ script: @escaping Script,
        _ body: @Sendable (RESTCarrier, CarrierRESTDouble) async throws -> Void
    ) async throws {
        let log = Log()
        let router = Router()
        let expected = "Basic " + Data("project-1:secret".utf8).base64EncodedString()
        let handler: @Sendable (Request, BasicRequestContext) async throws -> Response = { request, _ in
            let form = String(buffer: try await request.body.collect(upTo: 1 << 16))
            let target = request.head.path ?? ""
            let asked = Asked(
                method: request.method.rawValue,
                path: String(target.dropFirst(Self.space.count)),
                form: URLEncodedForm(form)
            )
            let index = log.asked.withLock { all in
                all.append(asked)
                return all.count - 1
            }
            let isKnown = request.headers[.authorization] == expected && target.hasPrefix(Self.space)
            let answer = isKnown ? script(index, asked) : .error(401, 20_003)
            log.arrivals.continuation.yield(asked)
            return Response(
                status: .init(code: answer.status),
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: answer.body))
            )
        }
        router.get("**", use: handler)
        router.post("**", use: handler)
        try await Application(router: router, logger: .silent).test(.live) { server in
            let port = try #require(server.port)
            let account = CarrierAccount.signalWire(
                projectID: "project-1",
                apiToken: Secret("secret"),
                space: try WebAddress("http://127.0.0.1:\(port)", schemes: ["https"], loopbackSchemes: ["http"]),
                number: "+15550001111"
            )
            let client = account.makeClient(on: MultiThreadedEventLoopGroup.singleton, logger: .silent)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(account.control(over: client), CarrierRESTDouble(log: log)))
            } catch {
                outcome = .failure(error)
            }
            await client.shutdown()
            try outcome.get()
        }
    }
}
