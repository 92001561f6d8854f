import Foundation
import Wire

/// Why Supabase (PostgREST) did not do what it was asked.
///
/// Only codes and names of columns leave this type: the server's own words quote the values of the row.
struct SupabaseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is to be done about it.
    enum Kind: Sendable, Equatable {
        /// It cannot be reached, or it is overloaded: the same request may succeed later.
        case unavailable
        /// The key or the schema is wrong: nothing will succeed until an operator mends it.
        case misconfigured
        /// This request, and only this one, will never succeed.
        case refused
    }

    /// The HTTP status; nil where there was no answer.
    var status: Int?
    /// PostgREST's or PostgreSQL's code, such as `PGRST204` or `23503`.
    var code: String?
    var message = ""
    var details = ""
    /// What happened below HTTP, where there was no answer.
    var transport: String?

    /// No answer.
    static func unreachable(_ reason: String) -> Self { Self(transport: reason) }

    /// Reads an error answer; gateways in front of PostgREST answer in other shapes, or with HTML.
    init(status: Int, body: JSONDocument?) {
        self.status = status
        self.code = body?["code"]?.text
        self.message = body?["message"]?.text ?? ""
        self.details = body?["details"]?.text ?? ""
    }

    private init(transport: String) { self.transport = transport }

    /// The class of the error, by its code and else by its status.
    var kind: Kind {
        guard let status = self.status else { return .unavailable }
        if let code = self.code {
            if Self.isRetryable(code) { return .unavailable }
            if code == "42501" || code == "42P01" || code == "PGRST205" || code.hasPrefix("PGRST30") {
                return .misconfigured
            }
        }
        switch status {
        case 401, 403: return .misconfigured
        case 408, 425, 429, 500...: return .unavailable
        // Without a code it is not PostgREST that answers: a wrong address, a paused project, a proxy.
        case 404 where self.code == nil, 300..<400 where self.code == nil: return .misconfigured
        default: return .refused
        }
    }

    private static func isRetryable(_ code: String) -> Bool {
        ["PGRST000", "PGRST001", "PGRST002", "PGRST003", "40001", "40P01", "57014", "57P01", "57P02", "57P03", "55P03"]
            .contains(code)
            || (code.count == 5 && (code.hasPrefix("53") || code.hasPrefix("08")))
    }

    /// A singular answer was asked for, and there is no such row.
    var isNotFound: Bool { self.code == "PGRST116" }

    /// The relation of an embedding is unknown or ambiguous.
    var isBadEmbedding: Bool { self.code == "PGRST200" || self.code == "PGRST201" }

    /// The column of `calls` that the schema does not have, where that is what it is about.
    var unknownColumn: String? {
        switch self.code {
        case "PGRST204":
            // Could not find the 'next_action' column of 'calls' in the schema cache
            return self.message.firstMatch(of: /'([A-Za-z0-9_]+)' column/).map { String($0.1) }
        case "42703":
            // column calls.next_action does not exist; column "next_action" of relation "calls" does not exist
            return self.message.firstMatch(of: /column "?(?:[A-Za-z0-9_]+\.)?([A-Za-z0-9_]+)"?/).map { String($0.1) }
        default: return nil
        }
    }

    /// The column whose value names a row that does not exist.
    var danglingColumn: String? { self.code == "23503" ? self.keyColumn(suffix: "fkey") : nil }

    /// The column whose value another row has already.
    var duplicateColumn: String? { self.code == "23505" ? self.keyColumn(suffix: "key") : nil }

    /// The column that must have a value and got none.
    var emptyColumn: String? {
        guard self.code == "23502" else { return nil }
        return self.message.firstMatch(of: /in column "([A-Za-z0-9_]+)"/).map { String($0.1) }
    }

    /// A value is not of its column's kind, too long or too large.
    var isBadValue: Bool { self.code.map { $0.count == 5 && ($0.hasPrefix("22") || $0 == "23514") } ?? false }

    /// Key (lead_id)=(…) is not present in table "leads".
    private func keyColumn(suffix: String) -> String? {
        if let match = self.details.firstMatch(of: /Key \(([A-Za-z0-9_]+)\)=/) { return String(match.1) }
        // Without details (they may be hidden) the constraint's name tells: calls_lead_id_fkey.
        guard let match = self.message.firstMatch(of: /"calls_([A-Za-z0-9_]+)"/), match.1.hasSuffix("_\(suffix)") else {
            return nil
        }
        return String(match.1.dropLast(suffix.count + 1))
    }

    /// `HTTP 400, PGRST204`; never a value.
    var summary: String {
        if let transport = self.transport { return transport }
        return ["HTTP \(self.status ?? 0)", self.code].compactMap(\.self).joined(separator: ", ")
    }

    var description: String {
        switch self.kind {
        case .unavailable:
            "Supabase cannot be reached or does not answer in time (\(self.summary)). Check NEXT_PUBLIC_SUPABASE_URL, the "
                + "network, and whether the project is paused."
        case .misconfigured:
            "Supabase refuses every request (\(self.summary)). Check NEXT_PUBLIC_SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY and "
                + "the tables and grants of the project."
        case .refused: "Supabase refused a request for good (\(self.summary)). Check the project's schema."
        }
    }
}

extension JSONDocument {
    /// The text of a string; nil for anything else.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value.rounded())
        case .null, .bool, .string, .array, .object: nil
        }
    }

    var elements: [JSONDocument]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var isObject: Bool {
        if case .object = self { true } else { false }
    }
}
