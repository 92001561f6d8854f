import CallRouter
import Foundation
import Testing

@Suite struct DataDirectoryLockTests {
    @Test("a directory has one owner; the second is told who it is and what to do")
    func oneOwner() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/data"
        do {
            let lock = try DataDirectoryLock(path: path)
            #expect(throws: DataDirectoryError.inUse(path: path, processID: Int(getpid()))) {
                try DataDirectoryLock(path: path)
            }
            #expect(DataDirectoryError.inUse(path: path, processID: 12).description.contains("pid 12"))
            withExtendedLifetime(lock) {}
        }
        #expect(throws: Never.self) { try DataDirectoryLock(path: path) }
    }

    @Test("the directory and what is in it belong to the owner alone")
    func modes() throws {
        let directory = try TemporaryDirectory()
        let lock = try DataDirectoryLock(path: directory.path + "/a/b")
        _ = try lock.streamTokenSecret()
        #expect(try Self.mode(lock.path) == 0o700)
        #expect(try Self.mode(lock.path + "/lock") == 0o600)
        #expect(try Self.mode(lock.path + "/stream-token.secret") == 0o600)
    }

    @Test("a directory that cannot be made is named")
    func unusable() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        let error = #expect(throws: DataDirectoryError.self) {
            try DataDirectoryLock(path: directory.path + "/file/data")
        }
        guard case .unusable(let path, _) = error else {
            Issue.record("expected an unusable directory, got \(String(describing: error))")
            return
        }
        #expect(path == directory.path + "/file/data")
    }

    @Test("the secret is made once, survives a restart and differs between directories")
    func secretIsKept() throws {
        let directory = try TemporaryDirectory()
        let first = try DataDirectoryLock(path: directory.path + "/a").streamTokenSecret()
        let again = try DataDirectoryLock(path: directory.path + "/a").streamTokenSecret()
        let other = try DataDirectoryLock(path: directory.path + "/b").streamTokenSecret()
        #expect(first.count == 32)
        #expect(first == again)
        #expect(first != other)
    }

    @Test("a damaged secret is not replaced silently", arguments: ["", "abc", String(repeating: "zz", count: 32)])
    func damagedSecret(text: String) throws {
        let directory = try TemporaryDirectory()
        let lock = try DataDirectoryLock(path: directory.path)
        let path = directory.path + "/stream-token.secret"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: DataDirectoryError.damagedSecret(path: path)) { try lock.streamTokenSecret() }
        #expect(error?.description.contains(text.isEmpty ? "\0" : text) == false, "a secret is never shown")
    }

    private static func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
