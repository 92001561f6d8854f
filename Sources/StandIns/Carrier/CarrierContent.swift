import Foundation

/// What a request of the carrier carries.
enum CarrierContent: Sendable {
    /// Sent as the body of a POST, or in the query of a GET.
    case form([(name: String, value: String)])
    case json(StandInJSON)

    var type: String {
        switch self {
        case .form: "application/x-www-form-urlencoded; charset=UTF-8"
        case .json: "application/json"
        }
    }

    var body: String {
        switch self {
        case .form(let pairs):
            pairs.map { "\(Self.escape($0.name))=\(Self.escape($0.value))" }.joined(separator: "&")
        case .json(let json): json.text
        }
    }

    /// The address of a GET: with the form in its query.
    func appended(to url: String) -> String {
        guard case .form(let pairs) = self, !pairs.isEmpty else { return url }
        return url + (url.contains("?") ? "&" : "?") + self.body
    }

    func signature(by signer: WebhookSigner, url: String, isGet: Bool) -> String {
        switch self {
        case .form(let pairs): signer.signature(url: url, form: isGet ? [] : pairs)
        case .json: signer.signature(url: url, jsonBody: self.body)
        }
    }

    private static func escape(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )
        return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }
}

/// How the router answered a request of the carrier.
struct CarrierAnswer: Sendable {
    var status: Int
    var contentType: String?
    var body: String
}
