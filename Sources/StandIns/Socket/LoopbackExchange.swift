import NIOCore
import NIOHTTP1

/// A whole HTTP request to a stand-in.
package struct LoopbackRequest: Sendable {
    package var method: HTTPMethod
    /// Path and query as they were sent.
    package var uri: String
    package var headers: HTTPHeaders
    package var body: ByteBuffer

    /// The path without its query.
    package var path: String { self.uri.split(separator: "?", maxSplits: 1).first.map(String.init) ?? "/" }
}

/// What a stand-in answers to an HTTP request.
package struct LoopbackResponse: Sendable {
    /// One step of a body that is written as time passes.
    package enum Step: Sendable {
        case bytes(ByteBuffer)
        case pause(Duration)
        /// Drops the connection in the middle of the answer.
        case abort
        /// Leaves the answer unfinished and the connection open.
        case hang
    }

    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var steps: [Step]
    /// The wait before the head of the answer is written.
    package var delay: Duration

    package init(
        status: HTTPResponseStatus,
        headers: HTTPHeaders = [:],
        steps: [Step] = [],
        delay: Duration = .zero
    ) {
        self.status = status
        self.headers = headers
        self.steps = steps
        self.delay = delay
    }

    /// An answer whose body is `json`.
    package static func json(
        _ json: StandInJSON,
        status: HTTPResponseStatus = .ok,
        headers: HTTPHeaders = [:]
    ) -> LoopbackResponse {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        let body = json.buffer
        headers.replaceOrAdd(name: "Content-Length", value: String(body.readableBytes))
        return LoopbackResponse(status: status, headers: headers, steps: [.bytes(body)])
    }
}
