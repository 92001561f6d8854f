import Foundation
import StandIns
import Synchronization
import Testing

/// A program that a test needs, as a child process of its own: what it says can be waited for.
///
/// Killed with this object at the latest.
final class ToolProcess: Sendable {
    struct State: Sendable {
        /// Everything that it wrote to both of its streams.
        var output = ""
        /// The exit code, or minus the signal that killed it.
        var status: Int32?
    }

    let state = Record(State())
    private let identifier: pid_t
    private let input: Int32

    /// Starts a program with an environment of nothing but paths.
    init(_ command: [String]) throws {
        let path = try #require(command.first)
        try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is missing: run scripts/test-tools")
        (self.identifier, self.input) = try Self.start(command, self.state)
    }

    deinit {
        self.signal(SIGKILL)
        close(self.input)
    }

    /// Sends a signal to this process alone.
    func signal(_ number: Int32) {
        // Under the lock: while the status is unknown, the identifier is still that of this process.
        self.state.read { if $0.status == nil { _ = kill(self.identifier, number) } }
    }

    /// Kills it, and returns when it is gone.
    func kill9() async throws {
        self.signal(SIGKILL)
        _ = try await self.state.wait(for: "the end of a child process", within: .seconds(30)) { $0.status }
    }

    /// Writes a line to its input.
    func write(line: String) {
        let bytes = Array((line + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(self.input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            written += count
        }
    }

    private static let spawning = Mutex(())

    private static func start(_ command: [String], _ state: Record<State>) throws -> (pid_t, Int32) {
        let (pid, input, output) = try Self.spawning.withLock { _ in try Self.spawn(command) }
        Thread.detachNewThread { Self.follow(pid, output, state) }
        return (pid, input)
    }

    /// Starts a program; returns its identifier, the end to write of its input and the end to read of its output.
    private static func spawn(_ command: [String]) throws -> (pid_t, Int32, Int32) {
        var ends: [Int32] = [-1, -1, -1, -1]
        for start in [0, 2] {
            let result = ends.withUnsafeMutableBufferPointer { pipe($0.baseAddress.map { $0 + start }) }
            try #require(result == 0, "pipe failed, errno \(errno)")
        }
        // Closed in every child; the one that it is for gets copies.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(ends[0])
            close(ends[3])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[3], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[3], 2)
        var arguments = command.map { strdup($0) } + [nil]
        let inherited = ["PATH", "HOME", "TMPDIR", "LANG"]
        let environment = ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, nil, &arguments, &variables)
        try #require(result == 0, "posix_spawn failed, errno \(result)")
        return (pid, ends[1], ends[2])
    }

    /// Reads to the end, then takes the status; a thread of its own, since it blocks.
    private static func follow(_ pid: pid_t, _ output: Int32, _ state: Record<State>) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var rest: [UInt8] = []
        while true {
            let count = read(output, &bytes, bytes.count)
            guard count > 0 else { break }
            // Whole lines only, so that no character is cut.
            rest += bytes[..<count]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let text = String(decoding: rest[...end], as: UTF8.self)
            rest.removeFirst(end + 1)
            state.update { $0.output += text }
        }
        close(output)
        var status: Int32 = 0
        state.update {
            waitpid(pid, &status, 0)
            // As WIFEXITED and WEXITSTATUS of wait(2) read it.
            $0.status = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        }
    }
}
