import CShims
import Foundation
import Glibc

/// The real router as a child process: `CallRouter serve` of the folder in which this program stands.
final class RouterChild {
    let port: Int
    private let process = Process()
    private let directory: URL
    private let logURL: URL

    /// Starts the router; it is ready when this returns.
    ///
    /// - Parameters:
    ///   - modelPort: Where the voice model of the load generator listens.
    ///   - calls: How many calls it must admit.
    ///   - cpu: The core to which it is pinned, if any.
    /// - Throws: ``LoadError`` where there is no binary or it does not become ready.
    init(modelPort: Int, calls: Int, cpu: Int?) throws {
        let binary = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("CallRouter")
        guard FileManager.default.isExecutableFile(atPath: binary.path) else {
            throw LoadError.binaryMissing(path: binary.path)
        }
        self.directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("callrouter-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        self.logURL = self.directory.appendingPathComponent("router.log")
        _ = FileManager.default.createFile(atPath: self.logURL.path, contents: nil)
        let log = try FileHandle(forWritingTo: self.logURL)
        self.port = try LoopbackSocket.freePort()
        self.process.executableURL = binary
        self.process.arguments = ["serve"]
        self.process.currentDirectoryURL = self.directory
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = log
        self.process.standardError = log
        var environment = [
            "WEBSOCKET_PORT": "\(self.port)", "BIND_ADDRESS": "127.0.0.1", "METRICS_PORT": "0",
            "OPENAI_API_KEY": "benchmark", "OPENAI_REALTIME_URL": "ws://127.0.0.1:\(modelPort)",
            "ANTHROPIC_API_KEY": "benchmark", "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(modelPort)",
            "DATA_DIR": self.directory.appendingPathComponent("data").path,
            "STREAM_AUTH": "off", "INBOUND_CALLS": "accept",
            "MAX_CALLS": "\(max(1_000, calls + 100))", "MAX_CALL_SECONDS": "3600",
            "LOG_LEVEL": "warning", "LOG_FORMAT": "json",
        ]
        // What a dynamically linked Swift program needs to start.
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_ARENA_MAX"] {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        self.process.environment = environment
        // A child runs where the thread runs that starts it.
        if let cpu { cshims_pin(0, Int32(cpu)) }
        try self.process.run()
        guard self.becomesReady() else {
            self.kill()
            throw LoadError.routerNotReady(log: self.logTail)
        }
    }

    /// What it has used so far; nil where it is gone.
    var sample: ProcessSample? { ProcessSample(pid: self.process.processIdentifier) }

    /// The last lines that it logged.
    var logTail: String {
        guard let text = try? String(contentsOf: self.logURL, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }

    /// Stops it, politely and then not, and removes its folder.
    func stop() {
        // Twice: the second signal ends what the first would wait for.
        for _ in 0..<2 where self.process.isRunning {
            Glibc.kill(self.process.processIdentifier, SIGTERM)
            self.wait(seconds: 5)
        }
        self.kill()
        try? FileManager.default.removeItem(at: self.directory)
    }

    private func kill() {
        guard self.process.isRunning else { return }
        Glibc.kill(self.process.processIdentifier, SIGKILL)
        self.wait(seconds: 5)
    }

    private func wait(seconds: Int) {
        for _ in 0..<seconds * 20 where self.process.isRunning { usleep(50_000) }
    }

    private func becomesReady() -> Bool {
        for _ in 0..<400 where self.process.isRunning {
            if self.isReady() { return true }
            usleep(50_000)
        }
        return false
    }

    private func isReady() -> Bool {
        guard let descriptor = LoopbackSocket.connect(port: self.port) else { return false }
        defer { close(descriptor) }
        let request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        _ = request.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var answer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &answer, answer.count, 0)
        return count > 0 && String(decoding: answer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}
