import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An error as `/v1` tells it: `{"error":{"code":"not_found","message":"…","fields":{…}?}}`.
struct APIError: Error, HTTPResponseError, Sendable {
    var status: HTTPResponse.Status
    /// The machine-readable name, fixed by the API.
    var code: String
    /// What happened and what to do.
    var message: String
    /// What is wrong with which field of the request; nil where no field is to blame.
    var fields: [String: String]?
    var headers: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status,
        code: String,
        message: String,
        fields: [String: String]? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.headers = headers
    }

    static func notFound(_ message: String = "There is nothing at this address.") -> APIError {
        APIError(.notFound, code: "not_found", message: message)
    }

    static func invalid(_ fields: [String: String]) -> APIError {
        let names = fields.keys.sorted().joined(separator: ", ")
        return APIError(
            .badRequest,
            code: "invalid_request",
            message: "Correct these fields: \(names).",
            fields: fields
        )
    }

    static func unavailable() -> APIError {
        APIError(
            .serviceUnavailable,
            code: "unavailable",
            message: "The call store does not answer. Calls go on; try again in a few seconds.",
            headers: [.retryAfter: "5"]
        )
    }

    var response: Response {
        struct Body: Encodable {
            struct Content: Encodable {
                let code: String
                let message: String
                let fields: [String: String]?
            }
            let error: Content
        }
        let body = Body(error: .init(code: self.code, message: self.message, fields: self.fields))
        var response = Response.json(body, status: self.status)
        response.headers.append(contentsOf: self.headers)
        return response
    }

    func response(from request: Request, context: some RequestContext) throws -> Response { self.response }
}
