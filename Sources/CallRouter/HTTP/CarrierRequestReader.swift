import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Wire

/// Reads what a carrier sends, and makes sure that it was the carrier: for documents and callbacks alike.
struct CarrierRequestReader {
    /// The longest body, in bytes; a carrier's form is below 4 KiB.
    static let bodyLimit = 64 * 1024

    let services: HTTPServices

    /// - Throws: ``APIError`` with 403 where a signature is checked and not the carrier's.
    func read(_ request: Request, logger: Logger) async throws -> CarrierRequest {
        let target = request.head.path ?? "/"
        let path = target.prefix { $0 != "?" }
        let query = URLEncodedForm(target.dropFirst(path.count + 1))
        var body = ByteBuffer()
        if request.method == .post { body = try await request.body.collect(upTo: Self.bodyLimit) }
        let isJSON = request.headers[.contentType].map(MediaTypeName.isJSON) ?? false
        let form = URLEncodedForm(isJSON ? ByteBuffer() : body)
        if let webhooks = self.services.webhooks {
            try self.check(request, target: target, body: isJSON ? .json(body) : .form(form), by: webhooks, logger)
        }
        return CarrierRequest(
            path: String(path),
            query: query,
            form: form,
            json: isJSON ? JSONDocument(parsing: String(buffer: body)) : nil
        )
    }

    private enum Body {
        case form(URLEncodedForm)
        case json(ByteBuffer)
    }

    private func check(
        _ request: Request,
        target: String,
        body: Body,
        by webhooks: any WebhookVerifying,
        _ logger: Logger
    ) throws {
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
        let signatures = ["x-signalwire-signature", "x-twilio-signature"].compactMap(header)
        let settings = header("x-twilio-webhooks-signature-settings")
        // What is signed is the address that the carrier was given, however the request came here.
        if let url = self.services.configuration.publicURL?.web(target) {
            let isGenuine = signatures.contains { signature in
                switch body {
                case .form(let form):
                    webhooks.isValid(
                        signature: signature,
                        url: url,
                        form: form.pairs.map { ($0.name, $0.value) },
                        settings: settings
                    )
                case .json(let bytes):
                    webhooks.isValid(jsonSignature: signature, url: url, body: bytes, settings: settings)
                }
            }
            if isGenuine { return }
        }
        let state = signatures.isEmpty ? "missing" : "wrong"
        logger.warning(
            """
            Refused a request: its signature is \(state). If this is your carrier, check SIGNALWIRE_SIGNING_KEY, and \
            that PUBLIC_URL is the address that the carrier uses.
            """,
            metadata: ["route": "\(Self.route(of: target))"]
        )
        throw APIError(.forbidden, code: "forbidden", message: "The signature is \(state).")
    }

    /// The first two parts of a path: enough to know the route, and nothing that a sender made up at length.
    private static func route(of target: String) -> String {
        let path = target.prefix { $0 != "?" }.split(separator: "/").prefix(2).joined(separator: "/")
        return "/" + path.prefix(64)
    }
}
