import HTTPTypes
import Hummingbird
import Logging

/// Gives every error the form that `/v1` promises, whatever threw it.
struct ErrorShape: RouterMiddleware {
    typealias Context = RouterRequestContext

    func handle(
        _ request: Request,
        context: RouterRequestContext,
        next: @concurrent (Request, RouterRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return error.response
        } catch let error as any HTTPResponseError {
            return Self.shape(error.status)
        } catch {
            context.logger.error("A request failed unexpectedly", error: error)
            return Self.shape(.internalServerError)
        }
    }

    private static func shape(_ status: HTTPResponse.Status) -> Response {
        switch status {
        case .notFound: APIError.notFound().response
        case .contentTooLarge:
            APIError(status, code: "too_large", message: "The request is too large.").response
        case .badRequest: APIError(status, code: "invalid_request", message: "The request cannot be read.").response
        default: APIError(status, code: "internal", message: "The request failed here.").response
        }
    }
}
