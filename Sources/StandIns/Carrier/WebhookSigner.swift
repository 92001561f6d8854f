import Crypto
import Foundation

/// Signs requests as SignalWire and Twilio do: base64(HMAC-SHA1(key, address + sorted parameters)).
package struct WebhookSigner: Sendable {
    private let key: SymmetricKey

    package init(key: String) {
        self.key = SymmetricKey(data: Data(key.utf8))
    }

    /// The signature of a form, or of an address alone where `form` is empty.
    ///
    /// For a repeated name the distinct values are sorted, and each is appended with the name.
    package func signature(url: String, form: [(name: String, value: String)] = []) -> String {
        let values = Dictionary(grouping: form, by: \.name).mapValues { Set($0.map(\.value)).sorted() }
        var text = url
        for name in values.keys.sorted() {
            for value in values[name] ?? [] { text += name + value }
        }
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(text.utf8), using: self.key)
        return Data(code).base64EncodedString()
    }

    /// The signature of a JSON body as SignalWire makes it: lowercase hex.
    package func signature(url: String, jsonBody body: String) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data((url + body).utf8), using: self.key)
        return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
