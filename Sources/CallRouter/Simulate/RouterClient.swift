import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import StandIns

/// A program that uses the router's API, as an operator's does.
struct RouterClient: Sendable {
    let port: Int
    let token: String

    /// How long an outcome may take after the end of a call.
    private static let outcomePatience = Duration.seconds(20)

    enum Failure: Error, CustomStringConvertible {
        case status(String, Int, String)

        var description: String {
            switch self {
            case .status(let request, let status, let body): "\(request) was answered with \(status): \(body)"
            }
        }
    }

    /// Orders a call.
    ///
    /// - Returns: Status and body.
    func order(to number: String) async throws -> (status: Int, body: StandInJSON) {
        try await self.send(
            .POST,
            "/v1/calls",
            [
                "to": .string(number), "call_type": "qualify_lead",
                "objective": "Find out what has to be repaired, and make an appointment.",
            ]
        )
    }

    /// The router's account of a call, once its outcome is there.
    func account(of callID: String) async throws -> StandInJSON {
        let deadline = ContinuousClock.now + Self.outcomePatience
        var last: StandInJSON = .null
        repeat {
            let (status, body) = try await self.send(.GET, "/v1/calls/\(callID)", nil)
            guard status == 200 else { throw Failure.status("GET /v1/calls/{call_id}", status, body.text) }
            last = body
            if let outcome = last["outcome"], !outcome.isNull { return last }
            try await Task.sleep(for: .milliseconds(100))
        } while ContinuousClock.now < deadline
        return last
    }

    private func send(_ method: HTTPMethod, _ path: String, _ json: StandInJSON?) async throws
        -> (status: Int, body: StandInJSON)
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(self.port)\(path)")
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(self.token)")
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(json.buffer)
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 4 << 20)
        // A body that is no JSON is shown by its status.
        return (Int(response.status.code), (try? StandInJSON(parsing: body)) ?? .null)
    }
}
