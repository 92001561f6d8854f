import Foundation
import LoadKit
import Testing

/// The real `Benchmarks` binary, beside this test bundle.
@Suite("Benchmark binary")
struct BenchmarkBinaryTests {
    @Test("Four calls are carried by the floor and by the router, nothing lost", .timeLimit(.minutes(3)))
    func fourCallsAreCarried() async throws {
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let binary = folder.appendingPathComponent("Benchmarks").path
        try #require(FileManager.default.isExecutableFile(atPath: binary), "there is no binary at \(binary)")
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }  // A temporary folder that stays harms nobody.
        let results = directory.appendingPathComponent("results.json").path
        let log = directory.appendingPathComponent("log").path
        let status = await Self.run(
            [binary, "load", "--calls", "4", "--seconds", "1", "--target", "both", "--json", "--save", results],
            log: log
        )
        let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""  // Without a log the status says it.
        try #require(status == 0, "status \(status): \(output)")
        let saved = try SavedResults(path: results)
        #expect(saved.loads.map(\.target) == [.floor, .router])
        for report in saved.loads {
            #expect(report.isClean)
            #expect(report.uplink.sent > 0 && report.downlink.sent > 0)
            #expect(report.roundTrip?.count == report.downlink.sent)
            #expect(report.uplinkLatency?.count == report.uplink.sent)
            #expect(report.cpuMicrosecondsPerMessage > 0)
        }
    }

    /// Runs a program to its end and returns its exit code, or minus the signal that killed it.
    ///
    /// Both outputs go to `log`.
    private static func run(_ command: [String], log: String) async -> Int32 {
        await withCheckedContinuation { continuation in
            // It waits for the child, and the child dies with the thread that started it.
            Thread.detachNewThread { continuation.resume(returning: Self.runAlone(command, log: log)) }
        }
    }

    private static func runAlone(_ command: [String], log: String) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { (text: String) in strdup(text) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            ProcessInfo.processInfo.environment.map { (name: String, value: String) in strdup("\(name)=\(value)") } + [
                nil
            ]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, command[0], &actions, nil, &arguments, &variables) == 0 else { return -1 }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        // As WIFEXITED and WEXITSTATUS of wait(2) read it.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }
}
