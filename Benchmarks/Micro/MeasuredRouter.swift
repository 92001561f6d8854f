import CAllocations
import Foundation
import Glibc

/// The real router as a child process that counts its own allocations.
final class MeasuredRouter {
    let port: Int
    private let process = Process()
    private let directory: URL
    private let log: URL
    private let page: UnsafeMutableRawPointer

    private static let pageSize = 4_096

    /// Starts the router that stands beside this program; it is ready when this returns.
    ///
    /// - Parameter modelPort: Where the voice model listens.
    /// - Throws: ``MicroError`` where something is missing or the router does not become ready.
    init(modelPort: Int) throws {
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let binary = folder.appendingPathComponent("CallRouter")
        let counter = folder.appendingPathComponent("libAllocationCounter.so")
        for (file, product) in [(binary, "CallRouter"), (counter, "AllocationCounter")]
        where !FileManager.default.fileExists(atPath: file.path) {
            throw MicroError.missing(path: file.path, product: product)
        }
        self.directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("callrouter-micro-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        let counts = self.directory.appendingPathComponent("allocations")
        self.page = try Self.map(counts)
        self.log = self.directory.appendingPathComponent("router.log")
        guard FileManager.default.createFile(atPath: self.log.path, contents: nil) else {
            throw MicroError.system(call: "creating \(self.log.path)", code: errno)
        }
        let output = try FileHandle(forWritingTo: self.log)
        self.port = try Loopback.freePort()
        var environment = [
            "WEBSOCKET_PORT": "\(self.port)", "BIND_ADDRESS": "127.0.0.1", "METRICS_PORT": "0",
            "OPENAI_API_KEY": "benchmark", "OPENAI_REALTIME_URL": "ws://127.0.0.1:\(modelPort)",
            "ANTHROPIC_API_KEY": "benchmark", "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(modelPort)",
            "DATA_DIR": self.directory.appendingPathComponent("data").path,
            "STREAM_AUTH": "off", "INBOUND_CALLS": "accept", "LOG_LEVEL": "warning", "LOG_FORMAT": "json",
            "LD_PRELOAD": counter.path, CALLOCATIONS_FILE: counts.path,
        ]
        // What a dynamically linked Swift program needs to start.
        for name in ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"] {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        self.process.executableURL = binary
        self.process.arguments = ["serve"]
        self.process.currentDirectoryURL = self.directory
        self.process.environment = environment
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = output
        self.process.standardError = output
        try self.process.run()
        guard self.becomesReady() else { throw MicroError.routerNotReady(log: self.logTail) }
        guard self.allocations.count > 0 else { throw MicroError.notCounting }
    }

    deinit {
        // Twice: the second signal ends what the first would wait for.
        for signal in [SIGTERM, SIGTERM, SIGKILL] where self.process.isRunning {
            kill(self.process.processIdentifier, signal)
            for _ in 0..<50 where self.process.isRunning { usleep(20_000) }
        }
        munmap(self.page, Self.pageSize)
        // What is left of it lies in the folder for temporary files, and nobody is there to be told.
        try? FileManager.default.removeItem(at: self.directory)
    }

    /// What it has allocated since its start.
    var allocations: callocations_total { callocations_of(self.page) }

    /// The last lines that it logged.
    var logTail: String {
        do {
            let text = try String(contentsOf: self.log, encoding: .utf8)
            return text.split(separator: "\n").suffix(15).joined(separator: "\n")
        } catch {
            return "(its log cannot be read: \(error))"
        }
    }

    /// One page of a new file, for both processes.
    private static func map(_ file: URL) throws(MicroError) -> UnsafeMutableRawPointer {
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(call: "open", code: errno) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(Self.pageSize)) == 0 else { throw .system(call: "ftruncate", code: errno) }
        let page = mmap(nil, Self.pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let page, page != MAP_FAILED else { throw .system(call: "mmap", code: errno) }
        return page
    }

    private func becomesReady() -> Bool {
        for _ in 0..<600 where self.process.isRunning {
            if self.isReady() { return true }
            usleep(20_000)
        }
        return false
    }

    private func isReady() -> Bool {
        guard let descriptor = Loopback.connect(port: self.port) else { return false }
        defer { close(descriptor) }
        let request = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        _ = request.withCString { send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        var answer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &answer, answer.count, 0)
        return count > 0 && String(decoding: answer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200")
    }
}
