import CLoad
import Foundation
import Glibc
import LoadKit

/// What is measured, as a child process on cores of its own: `CallRouter serve` of the folder in which this program
/// stands, or the floor, which is this program again.
final class TargetChild {
    let port: Int
    /// From the start of the process to the first 200 of `/ready`.
    private(set) var readyMilliseconds = 0.0
    let directory: URL
    private let name: String
    private let logPath: String
    private var processID: pid_t = -1

    /// Starts the target; it is ready when this returns.
    ///
    /// - Throws: ``LoadError`` where there is no binary or it does not become ready.
    init(_ settings: LoadSettings, modelPort: Int, claudePort: Int) throws {
        self.name = settings.target.rawValue
        self.directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("callrouter-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        self.logPath = self.directory.appendingPathComponent("log").path
        self.port = Int(cload_free_port())
        let ownPath = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var environment = settings.environment
        // What a dynamically linked Swift program needs to start.
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_ARENA_MAX"] {
            if environment[name] == nil { environment[name] = ProcessInfo.processInfo.environment[name] }
        }
        var path = ownPath.path
        var arguments = [
            "floor-relay", "--port", "\(self.port)", "--model-port", "\(modelPort)", "--threads", "\(settings.cores)",
        ]
        var certificates: String?
        switch settings.target {
        case .floor:
            if settings.tls { arguments.append("--tls") }
        case .router:
            path = ownPath.deletingLastPathComponent().appendingPathComponent("CallRouter").path
            arguments = ["serve"]
            let own = self.routerEnvironment(settings, modelPort: modelPort, claudePort: claudePort)
            environment.merge(own) { given, _ in given }
            if settings.tls { certificates = try self.makeCertificates() }
        }
        guard FileManager.default.isExecutableFile(atPath: path) else { throw LoadError.binaryMissing(path: path) }
        try self.start(path, arguments, environment, cores: settings.cores, certificates: certificates)
    }

    /// What it has used so far; nil where it is gone.
    var sample: ProcessSample? { ProcessSample(pid: self.processID) }

    /// The last lines that it logged.
    var logTail: String {
        // Without a log there is nothing to show beside the failure that it is read for.
        guard let text = try? String(contentsOfFile: self.logPath, encoding: .utf8) else { return "" }
        return text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }

    /// Stops it, politely and then not, and removes its folder.
    func stop() {
        guard self.processID > 0 else { return }
        // Twice: the second signal ends what the first would wait for.
        for _ in 0..<2 where self.isRunning {
            kill(self.processID, SIGTERM)
            self.wait(seconds: 6)
        }
        if self.isRunning {
            kill(self.processID, SIGKILL)
            self.wait(seconds: 5)
        }
        self.processID = -1
        // What cannot be removed stays in the folder for temporary files.
        try? FileManager.default.removeItem(at: self.directory)
    }

    private func routerEnvironment(_ settings: LoadSettings, modelPort: Int, claudePort: Int) -> [String: String] {
        [
            "WEBSOCKET_PORT": "\(self.port)", "BIND_ADDRESS": "127.0.0.1", "METRICS_PORT": "0",
            "OPENAI_API_KEY": "benchmark",
            "OPENAI_REALTIME_URL": "\(settings.tls ? "wss" : "ws")://127.0.0.1:\(modelPort)",
            "ANTHROPIC_API_KEY": "benchmark", "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(claudePort)",
            "DATA_DIR": self.directory.appendingPathComponent("data").path,
            "STREAM_AUTH": "off", "INBOUND_CALLS": "accept", "ENABLE_RECORDING": "\(settings.recording)",
            "MAX_CALLS": "\(max(1_000, settings.calls + 1_000))", "MAX_CALL_SECONDS": "3600",
            "LOG_LEVEL": "warning", "LOG_FORMAT": "json",
        ]
    }

    /// The system's certificates and the generator's own, in one file.
    private func makeCertificates() throws -> String {
        let path = self.directory.appendingPathComponent("certificates.pem").path
        let system = FileManager.default.contents(atPath: "/etc/ssl/certs/ca-certificates.crt") ?? Data()
        guard FileManager.default.createFile(atPath: path, contents: system), cload_write_certificate(path) == 0 else {
            throw LoadError.system(call: "cload_write_certificate", errno: errno)
        }
        return path
    }

    private func start(
        _ path: String,
        _ arguments: [String],
        _ environment: [String: String],
        cores: Int,
        certificates: String?
    ) throws {
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { (text: String) in strdup(text) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] =
            environment.map { (name: String, value: String) in strdup("\(name)=\(value)") } + [nil]
        let strings = [path, self.logPath, self.directory.path].map { (text: String) in strdup(text) }
        let bundle = certificates.flatMap { (text: String) in strdup(text) }
        defer { for pointer in argv + envp + strings + [bundle] { free(pointer) } }
        let began = MonotonicTime.now
        argv.withUnsafeMutableBufferPointer { argv in
            envp.withUnsafeMutableBufferPointer { envp in
                guard let argumentList = argv.baseAddress, let environmentList = envp.baseAddress,
                    let path = strings[0],
                    let log = strings[1], let directory = strings[2]
                else { return }
                var child = cload_child(
                    path: path,
                    arguments: argumentList,
                    environment: environmentList,
                    log: log,
                    directory: directory,
                    first_core: 0,
                    core_count: UInt32(min(cores, Cores.count)),
                    certificates: bundle
                )
                self.processID = cload_spawn(&child)
            }
        }
        guard self.processID > 0 else { throw LoadError.system(call: "fork", errno: errno) }
        while MonotonicTime.now - began < 20_000_000_000, self.isRunning {
            if cload_http_status(UInt16(self.port), "/ready") == 200 {
                self.readyMilliseconds = Double(MonotonicTime.now - began) / 1e6
                return
            }
            usleep(1_000)
        }
        let log = self.logTail
        self.stop()
        throw LoadError.notReady(name: self.name, log: log)
    }

    private var isRunning: Bool {
        guard self.processID > 0 else { return false }
        var status: Int32 = 0
        if waitpid(self.processID, &status, WNOHANG) == self.processID { self.processID = -1 }
        return self.processID > 0
    }

    private func wait(seconds: Int) {
        for _ in 0..<seconds * 50 where self.isRunning { usleep(20_000) }
    }
}
