import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The one right to work in a `DATA_DIR`: held from its creation until it is released.
///
/// An advisory lock (`flock(2)`) on the file `lock` in the directory. The kernel gives it back when the process ends,
/// however it ends, so that nothing stale ever blocks a start. The file holds the owner's process identifier.
package final class DataDirectoryLock: Sendable {
    /// The directory as it was given.
    package let path: String
    private let descriptor: CInt

    /// Makes the directory (mode 0700) where it does not exist, and locks it.
    ///
    /// - Parameter path: `DATA_DIR`, absolute or relative to the working directory.
    /// - Throws: ``DataDirectoryError/inUse(path:processID:)`` while somebody else holds it,
    ///   ``DataDirectoryError/unusable(path:reason:)`` where it cannot be made or written.
    package init(path: String) throws(DataDirectoryError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .unusable(path: path, reason: "it cannot be created: \((error as NSError).localizedDescription)")
        }
        let lockPath = path + "/lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: lockPath, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            defer { close(descriptor) }
            guard reason == EWOULDBLOCK else {
                throw .unusable(path: lockPath, reason: String(cString: strerror(reason)))
            }
            throw .inUse(path: path, processID: Self.owner(descriptor))
        }
        self.path = path
        self.descriptor = descriptor
        // The owner's identifier only helps to find it: failing to write it hurts nobody.
        let owner = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, owner, owner.count, 0) }
    }

    deinit { close(self.descriptor) }

    private static func owner(_ descriptor: CInt) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 24)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
