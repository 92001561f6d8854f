import Foundation
import StandIns
import Synchronization
import Testing

/// The real `CallRouter` binary, beside this test bundle, as a child process.
///
/// Spawned without Foundation's `Process`, whose pipes leak into children that are started at the same time, so that
/// their ends are never seen.
final class RouterBinary: Sendable {
    /// What it has said so far, and how it ended.
    struct State: Sendable {
        var output = ""
        var errors = ""
        /// The exit code, or minus the signal that killed it; set after everything that it wrote.
        var status: Int32?
    }

    let state = Record(State())
    private let identifier: pid_t

    /// Starts the binary with nothing in its environment but `environment` and what a dynamic program needs.
    init(_ arguments: [String], environment: [String: String] = [:], directory: TemporaryDirectory) throws {
        let inherited = [
            "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SWIFT_BACKTRACE", "TSAN_OPTIONS", "ASAN_OPTIONS",
        ]
        var variables = ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }
        variables.merge(environment) { $1 }
        // `env` changes the directory and becomes the binary: the identifier stays.
        let command = ["/usr/bin/env", "-C", directory.path, try Self.path] + arguments
        let (pid, output, errors) = try Self.spawn(command, variables.map { "\($0.key)=\($0.value)" })
        self.identifier = pid
        let state = self.state
        Thread.detachNewThread { Self.follow(pid, output, errors, state) }
    }

    deinit {
        // A test that failed half-way leaves no process behind.
        self.signal(SIGKILL)
    }

    /// Sends a signal to the process, which this test started.
    func signal(_ number: Int32) {
        // Under the lock: while the status is unknown, the identifier is still that of this process.
        self.state.read { if $0.status == nil { _ = kill(self.identifier, number) } }
    }

    /// Waits until the process is gone and everything it wrote was read.
    @discardableResult
    func end(within timeout: Duration = .seconds(30)) async throws -> State {
        try await self.state.wait(for: "the end of the router", within: timeout) { $0.status == nil ? nil : $0 }
    }

    /// Waits until `serve` listens, and returns its port.
    func port() async throws -> Int {
        let log = try await self.state.wait(for: "the router to listen", within: .seconds(30)) { state -> String? in
            let log = state.output + state.errors
            return state.status != nil || Self.listening(in: log) != nil ? log : nil
        }
        let line = try #require(Self.listening(in: log), "it ended before it listened: \(log)")
        return try #require(try StandInJSON(parsing: line)["metadata"]?["port"]?.string.flatMap { Int($0) })
    }

    /// The whole line of the log that tells the ports.
    private static func listening(in log: String) -> String? {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.first { $0.contains(#""msg":"Listening""#) }.map(String.init)
    }

    /// The binary in the folder of the build: that of the program which runs the tests.
    private static var path: String {
        get throws {
            let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            let path = folder.appendingPathComponent("CallRouter").path
            try #require(FileManager.default.isExecutableFile(atPath: path), "there is no binary at \(path)")
            return path
        }
    }

    /// Starts a program, and returns its identifier and the ends to read of its two streams.
    private static func spawn(_ command: [String], _ environment: [String]) throws -> (pid_t, Int32, Int32) {
        // One at a time: a pipe of one must not be open in another while it is not yet marked.
        try Self.spawning.withLock { _ in try Self.spawnAlone(command, environment) }
    }

    private static let spawning = Mutex(())

    private static func spawnAlone(_ command: [String], _ environment: [String]) throws -> (pid_t, Int32, Int32) {
        var pipes: [Int32] = [-1, -1, -1, -1]
        for start in [0, 2] {
            let result = pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress.map { $0 + start }) }
            try #require(result == 0, "pipe failed, errno \(errno)")
        }
        // Closed in every child; the one that it is for gets copies.
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(pipes[1])
            close(pipes[3])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[3], 2)
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, command[0], &actions, nil, &arguments, &variables)
        try #require(result == 0, "posix_spawn failed, errno \(result)")
        return (pid, pipes[0], pipes[2])
    }

    /// Reads both streams to their ends, then takes the status; a thread of its own, since it blocks.
    private static func follow(_ pid: pid_t, _ output: Int32, _ errors: Int32, _ state: Record<State>) {
        var streams = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while streams.contains(where: { $0.fd >= 0 }) {
            guard poll(&streams, 2, -1) > 0 else { continue }
            for index in streams.indices where streams[index].revents != 0 {
                let count = read(streams[index].fd, &bytes, bytes.count)
                guard count > 0 else {
                    close(streams[index].fd)
                    streams[index].fd = -1
                    continue
                }
                let text = String(decoding: bytes[..<count], as: UTF8.self)
                state.update { if index == 0 { $0.output += text } else { $0.errors += text } }
            }
        }
        var status: Int32 = 0
        state.update {
            waitpid(pid, &status, 0)
            // As WIFEXITED and WEXITSTATUS of wait(2) read it.
            $0.status = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        }
    }
}
