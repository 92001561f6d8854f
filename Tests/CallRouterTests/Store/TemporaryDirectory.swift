import Foundation

/// A directory of its own for one test, removed with this object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("callrouter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        self.path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    /// A copy of the files as they are on disk now: what is left of a process that is killed at this moment.
    func snapshot() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: self.path) where !name.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: self.path + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }
}
