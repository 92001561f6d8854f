import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension DataDirectoryLock {
    /// The secret that signs stream tokens where `STREAM_TOKEN_SECRET` gives none: 32 random bytes.
    ///
    /// Made at the first start and kept in `stream-token.secret` (hexadecimal, mode 0600), so that tokens outlive a
    /// restart. The file is written aside, synced and then renamed: it is whole or not there.
    package func streamTokenSecret() throws(DataDirectoryError) -> [UInt8] {
        let path = self.path + "/stream-token.secret"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            _ = chmod(path, 0o600)
            guard let secret = Self.bytes(hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw .damagedSecret(path: path)
            }
            return secret
        }
        guard access(path, F_OK) != 0 else { throw .damagedSecret(path: path) }
        var random = SystemRandomNumberGenerator()
        let secret = (0..<Self.secretByteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        try self.keep(secret, at: path)
        return secret
    }

    /// As long as the output of SHA-256, the shortest key that HMAC-SHA-256 should have (RFC 2104 §3).
    private static let secretByteCount = 32

    private func keep(_ secret: [UInt8], at path: String) throws(DataDirectoryError) {
        let temporary = path + ".new"
        let text = Array((secret.map { String(format: "%02x", $0) }.joined() + "\n").utf8)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: temporary, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard
            fchmod(descriptor, 0o600) == 0, write(descriptor, text, text.count) == text.count,
            fsync(descriptor) == 0, rename(temporary, path) == 0
        else {
            throw .unusable(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * Self.secretByteCount else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard
                let high = Self.value(digits[index]),
                let low = Self.value(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
