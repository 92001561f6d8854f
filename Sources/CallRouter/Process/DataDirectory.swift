import Foundation

/// The directory of everything that this process keeps, locked for it alone.
///
/// The lock lives as long as this object; the kernel releases it when the process ends, however it ends.
package final class DataDirectory: Sendable {
    package let path: String
    private let lock: Int32

    /// Makes the directory if need be (mode 0700: it holds transcripts and recordings), and locks it.
    package init(path: String) throws(StartError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .dataDirectoryUnusable(path: path, reason: (error as NSError).localizedDescription)
        }
        let descriptor = open("\(path)/.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .dataDirectoryUnusable(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw .dataDirectoryLocked(path: path) }
            throw .dataDirectoryUnusable(path: path, reason: String(cString: strerror(code)))
        }
        self.lock = descriptor
    }

    deinit { close(self.lock) }

    /// The secret that signs stream tokens: made at the first start, and the same ever after.
    package func streamTokenSecret() throws(StartError) -> [UInt8] {
        let file = "\(self.path)/stream-token-secret"
        // 256 bits: the output length of the hash that it keys (RFC 2104 §3).
        if let data = FileManager.default.contents(atPath: file), data.count >= 32 { return Array(data) }
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        guard
            FileManager.default.createFile(
                atPath: file,
                contents: Data(secret),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw .dataDirectoryUnusable(path: self.path, reason: "the stream token secret cannot be written") }
        return secret
    }
}
