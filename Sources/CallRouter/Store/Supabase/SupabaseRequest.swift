import Foundation
import NIOHTTP1
import Wire

/// One request to PostgREST: a table, filters and what is to be done.
struct SupabaseRequest: Sendable {
    var method: HTTPMethod
    var table: String
    /// Names and values of the query, not yet percent-encoded.
    var query: [(name: String, value: String)]
    var body: JSONDocument?
    var prefer: [String] = []
    /// One object is wanted, and anything else is an error.
    var isSingular = false

    init(_ method: HTTPMethod, _ table: String, _ query: [(String, String)] = []) {
        self.method = method
        self.table = table
        self.query = query.map { (name: $0.0, value: $0.1) }
    }

    /// The path below the base and the encoded query.
    var target: String {
        let query = self.query.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        return "/\(self.table)" + (query.isEmpty ? "" : "?\(query)")
    }

    /// Everything but unreserved characters (RFC 3986 §2.3) and what PostgREST's own grammar reads is encoded: a `+` in a
    /// telephone number would be a space.
    private static func encoded(_ value: String) -> String {
        value.addingPercentEncoding(withAllowedCharacters: Self.allowed) ?? ""
    }

    private static let allowed = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~*(),:!"
    )

    /// `in.("a","b")`: each value in double quotes, since it may hold any character.
    static func anyOf(_ values: some Sequence<String>) -> String {
        let quoted = values.map { value in
            "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "in.(\(quoted.joined(separator: ",")))"
    }
}
