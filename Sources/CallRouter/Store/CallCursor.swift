import CallActors
import Foundation

/// A place in the list of calls, newest first: the last call of the page before.
///
/// Its text is opaque to clients: base64url of the creation time's bits and the identifier. It stays good while calls
/// come and go, since it names a place and not a number of rows.
package struct CallCursor: Sendable, Equatable {
    package var createdAt: Date
    package var callID: String

    package init(createdAt: Date, callID: String) {
        self.createdAt = createdAt
        self.callID = callID
    }

    /// Reads a cursor's text; nil where it is none.
    package init?(_ text: String) {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard
            text.utf8.count <= 512,
            let data = Data(base64Encoded: base64 + padding),
            let decoded = String(data: data, encoding: .utf8),
            let colon = decoded.firstIndex(of: ":"),
            let bits = UInt64(decoded[..<colon], radix: 16)
        else { return nil }
        let seconds = Double(bitPattern: bits)
        guard seconds.isFinite else { return nil }
        self.createdAt = Date(timeIntervalSinceReferenceDate: seconds)
        self.callID = String(decoded[decoded.index(after: colon)...])
    }

    /// The text that a client passes back.
    package var text: String {
        let bits = String(self.createdAt.timeIntervalSinceReferenceDate.bitPattern, radix: 16)
        return Data("\(bits):\(self.callID)".utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
