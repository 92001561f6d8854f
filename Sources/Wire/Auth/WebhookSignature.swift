import Crypto
import Foundation
import NIOCore

/// Checks the signatures of the carrier's requests: `X-SignalWire-Signature`, `X-Twilio-Signature`.
///
/// Both sign the URL as the carrier called it, so the one given must be the public one, query included. It is tried with
/// its scheme's default port and without any port, since senders differ. All comparisons take constant time.
package struct WebhookSignature: Sendable {
    /// The hash below the HMAC.
    package enum Algorithm: Sendable, Equatable {
        /// What is used without `X-Twilio-Webhooks-Signature-Settings`.
        case sha1
        case sha256

        /// Reads the header `X-Twilio-Webhooks-Signature-Settings`, as in `key=…,algorithm=HMAC_SHA256`.
        ///
        /// Nil where it names an algorithm that we do not know; a header that names none means SHA-1.
        package init?(settings: String) {
            let algorithm = settings.split(separator: ",")
                .map { $0.trimmingCharacters(in: .whitespaces) }
                .first { $0.lowercased().hasPrefix("algorithm=") }
            switch algorithm?.dropFirst("algorithm=".count).uppercased() {
            case nil, "HMAC_SHA1": self = .sha1
            case "HMAC_SHA256": self = .sha256
            default: return nil
            }
        }
    }

    private let key: SymmetricKey
    private let algorithm: Algorithm

    /// - Parameters:
    ///   - key: SignalWire's signing key or Twilio's auth token.
    ///   - algorithm: SHA-1 unless the request says otherwise.
    package init(key: String, algorithm: Algorithm = .sha1) {
        self.key = SymmetricKey(data: Array(key.utf8))
        self.algorithm = algorithm
    }

    /// The same key with the algorithm that a request asks for.
    package func with(_ algorithm: Algorithm) -> Self { Self(key: self.key, algorithm: algorithm) }

    private init(key: SymmetricKey, algorithm: Algorithm) {
        self.key = key
        self.algorithm = algorithm
    }

    /// Whether `signature` is the base64 one of a form post, or of a request without a body.
    ///
    /// - Parameters:
    ///   - signature: The header as it came.
    ///   - url: The public URL of the request, with its query.
    ///   - form: The decoded fields of the body in any order, repeated names included; empty for GET and WebSocket.
    /// - Returns: True for one spelling of the URL at least.
    package func isValid(signature: String, url: String, form: [(String, String)] = []) -> Bool {
        let fields = Self.canonical(form)
        return self.anyMatches(signature, PublicURL.spellings(of: url), fields, encoded: Self.base64)
    }

    /// Whether `signature` is the base64 one of a WebSocket upgrade, signed under its ws or its http scheme.
    package func isValid(upgradeSignature signature: String, url: String) -> Bool {
        let spellings = PublicURL.spellings(of: url) + PublicURL.spellings(of: PublicURL.withOtherScheme(url))
        return self.anyMatches(signature, spellings, [], encoded: Self.base64)
    }

    /// Whether `signature` is that of a post with a JSON body: SignalWire's, hexadecimal over URL and body, or Twilio's,
    /// base64 over the URL, whose query then holds the body's SHA-256 as `bodySHA256`.
    package func isValid(jsonSignature signature: String, url: String, body: ByteBuffer) -> Bool {
        let spellings = PublicURL.spellings(of: url)
        // Hexadecimal may come in capitals; folding the given text tells nothing about the expected one.
        if self.anyMatches(signature.lowercased(), spellings, body.readableBytesView, encoded: Self.hexadecimal) {
            return true
        }
        guard let bodyHash = PublicURL.queryValue("bodySHA256", of: url) else { return false }
        let expectedHash = Self.hexadecimal(SHA256.hash(data: Data(body.readableBytesView)))
        return ConstantTime.areEqual(expectedHash, Array(bodyHash.lowercased().utf8))
            && self.anyMatches(signature, spellings, [], encoded: Self.base64)
    }

    /// Whether `signature` is the code of one of `urls` followed by `rest`.
    private func anyMatches(
        _ signature: String,
        _ urls: [String],
        _ rest: some Sequence<UInt8>,
        encoded: ([UInt8]) -> [UInt8]
    ) -> Bool {
        let given = Array(signature.utf8)
        let rest = Array(rest)
        var isValid = false
        for url in urls {
            let expected = encoded(self.code(of: Array(url.utf8) + rest))
            isValid = ConstantTime.areEqual(expected, given) || isValid
        }
        return isValid
    }

    private func code(of message: [UInt8]) -> [UInt8] {
        switch self.algorithm {
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: self.key))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: message, using: self.key))
        }
    }

    /// The fields as they are signed: by name and then value, in the order of their bytes, each pair once.
    private static func canonical(_ form: [(String, String)]) -> [UInt8] {
        let fields = form.map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) }
            .sorted { one, other in
                one.name == other.name
                    ? one.value.lexicographicallyPrecedes(other.value) : one.name.lexicographicallyPrecedes(other.name)
            }
        var canonical: [UInt8] = []
        var last: (name: [UInt8], value: [UInt8])?
        for field in fields {
            if let last, last.name == field.name, last.value == field.value { continue }
            canonical += field.name + field.value
            last = field
        }
        return canonical
    }

    private static func base64(_ code: [UInt8]) -> [UInt8] {
        Array(Base64.encode(ByteBuffer(bytes: code)).readableBytesView)
    }

    private static func hexadecimal(_ code: some Sequence<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }
    }
}
