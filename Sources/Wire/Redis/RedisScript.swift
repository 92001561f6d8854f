import Crypto
import Foundation

/// A Lua script, known to the server by the SHA-1 of its text.
package struct RedisScript: Sendable {
    package let source: String
    /// In hex.
    package let digest: String

    package init(_ source: String) {
        self.source = source
        self.digest = Insecure.SHA1.hash(data: Data(source.utf8))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
