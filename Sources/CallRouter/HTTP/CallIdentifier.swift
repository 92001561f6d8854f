import Crypto
import Foundation

/// Makes the identifiers of calls, which are UUIDs (RFC 9562).
package enum CallIdentifier {
    /// The identifier of an inbound call: always the same for the carrier's identifier `sid`.
    ///
    /// A carrier that fetches the document twice, even at the same time or from two instances, thus names one call.
    /// A name-based UUID of version 8 with SHA-256 (RFC 9562 §5.8, appendix B.2).
    package static func derived(from sid: String) -> String {
        var bytes = Array(SHA256.hash(data: Data("inbound-call:\(sid)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        var rest = Substring(digits)
        return [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }.joined(separator: "-")
    }
}
