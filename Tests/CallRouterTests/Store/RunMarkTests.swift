import Foundation
import Testing

@testable import CallRouter

@Suite("The mark of a running router")
struct RunMarkTests {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    private func mark() throws -> RunMark { RunMark(directory: try DataDirectoryLock(path: self.directory.path)) }

    @Test("a mark that was taken away says nothing, one that was left says who left it and since when")
    func leftBehind() throws {
        #expect(try self.mark().set() == nil)
        try self.mark().clear()
        #expect(try self.mark().set(version: "0.9.0", at: Date(timeIntervalSince1970: 0)) == nil)
        let previous = try self.mark().set()
        #expect(previous == RunMark.Previous(version: "0.9.0", startedAt: "1970-01-01T00:00:00.000Z"))
        #expect(try self.mark().set()?.version == RouterVersion.current)
        try self.mark().clear()
        try self.mark().clear()
        #expect(try self.mark().set() == nil)
    }

    @Test(
        "a mark that cannot be read was still left behind",
        arguments: ["", "{", "[1]", "\u{0}\u{1}", #"{"version":7}"#]
    )
    func damaged(text: String) throws {
        try text.write(toFile: self.directory.path + "/running", atomically: true, encoding: .utf8)
        #expect(try self.mark().set() == RunMark.Previous())
    }
}
