import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// The JSON body of a request to `/v1`.
enum JSONBody {
    /// The longest body, in bytes.
    static let limit = 64 * 1024

    /// Reads an object.
    ///
    /// Only what is declared as JSON is read: a page in a browser cannot send that to another origin unasked, so that
    /// no stranger's page places calls through a router on the same machine.
    ///
    /// - Throws: ``APIError`` with 415 for another content type, 400 for what is no JSON object.
    static func object(of request: Request) async throws -> [String: JSONDocument] {
        guard request.headers[.contentType].map(MediaTypeName.isJSON) ?? false else {
            throw APIError(
                .unsupportedMediaType,
                code: "unsupported_media_type",
                message: "Send the body as Content-Type: application/json."
            )
        }
        let body = try await request.body.collect(upTo: Self.limit)
        guard case .object(let members)? = JSONDocument(parsing: String(buffer: body)) else {
            throw APIError(
                .badRequest,
                code: "invalid_request",
                message: "The body must be a JSON object.",
                fields: [:]
            )
        }
        return members
    }
}
