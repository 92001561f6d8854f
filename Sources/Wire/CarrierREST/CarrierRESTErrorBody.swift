import NIOCore

/// The body of an error response: `{"code":20003,…}`, or `{"errors":[{"code":"30010",…}]}`.
enum CarrierRESTErrorBody {
    /// The carrier's code; nil where the body is anything else, such as a proxy's page.
    static func code(of body: ByteBuffer) -> String? {
        guard let document = JSONDocument(parsing: String(buffer: body)) else { return nil }
        if let code = Self.code(document) { return code }
        guard case .array(let errors) = document["errors"] else { return nil }
        return errors.first.flatMap(Self.code)
    }

    /// What a peer writes there may stand in a log line only where it is a code.
    private static func code(_ document: JSONDocument) -> String? {
        switch document["code"] {
        case .integer(let code): return String(code)
        case .string(let code):
            let isCode = code.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
            }
            return isCode && (1...32).contains(code.utf8.count) ? code : nil
        default: return nil
        }
    }
}
