import Crypto
import Foundation
import NIOCore

/// Issues and checks the tokens that let one media stream attach to one call.
///
/// A token is `v1.CLAIMS.SIGNATURE` of letters, digits, `-`, `_` and dots, so that it fits a header, a URL and an XML
/// attribute as it is. CLAIMS is the base64url (RFC 4648 §5, no padding) of the expiry in milliseconds since 1970 (8
/// bytes, big-endian), 16 random bytes and the call's identifier; SIGNATURE is the base64url of the HMAC-SHA256 of all
/// before it. The signature is compared as text, so that no second spelling of a token passes.
package struct StreamToken: Sendable {
    /// What a good token says.
    package struct Claims: Sendable, Equatable {
        /// The call to which a stream may attach.
        package var callID: String
        /// Random, 22 characters: tells this token from every other one, to note that it was used.
        package var tokenID: String
        package var expiresAt: Date
    }

    /// Longer texts are not even looked at; a token of ours has 90 characters and 4 for each 3 of the call's identifier.
    private static let maxByteCount = 1024
    private static let version = "v1"
    private static let tokenIDByteCount = 16

    private let key: SymmetricKey

    /// - Parameter secret: At least 32 random bytes, the same in all routers of a fleet.
    package init(secret: [UInt8]) {
        self.key = SymmetricKey(data: secret)
    }

    /// A new token for `callID` that is good for `lifetime` from `now` on.
    package func issue(callID: String, now: Date, lifetime: Duration = .seconds(120)) -> String {
        let lifetimeSeconds = Double(lifetime.components.seconds) + Double(lifetime.components.attoseconds) / 1e18
        var claims = ByteBuffer()
        claims.writeInteger(Int64((now.timeIntervalSince1970 + lifetimeSeconds) * 1000))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<Self.tokenIDByteCount / 8 {
            claims.writeInteger(UInt64.random(in: .min ... .max, using: &generator))
        }
        claims.writeString(callID)
        let signed = "\(Self.version).\(Self.urlSafe(claims))"
        return "\(signed).\(self.signature(of: signed))"
    }

    /// What `token` says, if it is one of ours and not expired at `now`.
    package func verify(_ token: String, now: Date) throws(StreamTokenError) -> Claims {
        guard token.utf8.count <= Self.maxByteCount else { throw .malformed }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.version, let claims = Self.claims(parts[1]) else { throw .malformed }
        let expected = self.signature(of: "\(parts[0]).\(parts[1])")
        guard ConstantTime.areEqual(Array(expected.utf8), Array(parts[2].utf8)) else { throw .badSignature }
        guard now < claims.expiresAt else { throw .expired }
        return claims
    }

    private func signature(of signed: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: self.key)
        return Self.urlSafe(ByteBuffer(bytes: code))
    }

    private static func claims(_ text: Substring) -> Claims? {
        guard var bytes = Self.bytes(urlSafe: text),
            let milliseconds = bytes.readInteger(as: Int64.self),
            let tokenID = bytes.readSlice(length: Self.tokenIDByteCount),
            let callID = String(validating: bytes.readableBytesView, as: UTF8.self), !callID.isEmpty
        else { return nil }
        let expiresAt = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return Claims(callID: callID, tokenID: Self.urlSafe(tokenID), expiresAt: expiresAt)
    }

    private static func urlSafe(_ bytes: ByteBuffer) -> String {
        var text = ""
        for character in Base64.encode(bytes).readableBytesView where character != UInt8(ascii: "=") {
            switch character {
            case UInt8(ascii: "+"): text.append("-")
            case UInt8(ascii: "/"): text.append("_")
            default: text.unicodeScalars.append(Unicode.Scalar(character))
            }
        }
        return text
    }

    private static func bytes(urlSafe text: Substring) -> ByteBuffer? {
        var standard = ByteBuffer()
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            case UInt8(ascii: "-"): standard.writeInteger(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.writeInteger(UInt8(ascii: "/"))
            default: standard.writeInteger(byte)
            }
        }
        while !standard.readableBytes.isMultiple(of: 4) { standard.writeInteger(UInt8(ascii: "=")) }
        return Base64.decode(standard)
    }
}
