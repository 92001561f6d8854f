import Foundation
import NIOSSL
import StandIns
import Synchronization
import Testing
import Wire

/// A real redis-server with a port and a folder of its own, which keeps its data over a restart.
final class RedisServer: Sendable {
    let port: Int
    /// nil without TLS.
    let tlsPort: Int?
    let directory: TemporaryDirectory
    private let options: [String]
    private let process: Mutex<ToolProcess?>

    /// Prepares a server that does not run yet.
    ///
    /// - Parameters:
    ///   - options: More of its options, as on its command line.
    ///   - isSecure: It listens with TLS too, under a certificate for 127.0.0.1 in its folder.
    /// - Throws: Where no port or no folder is to be had.
    init(stopped options: [String] = [], isSecure: Bool = false) throws {
        self.directory = try TemporaryDirectory()
        self.port = try Self.freePort()
        self.tlsPort = isSecure ? try Self.freePort() : nil
        self.options = options
        self.process = Mutex(nil)
    }

    /// A server that answers.
    static func running(_ options: [String] = [], isSecure: Bool = false) async throws -> RedisServer {
        for _ in 1...3 {
            let server = try RedisServer(stopped: options, isSecure: isSecure)
            if isSecure { try await server.makeCertificate() }
            // Another program may have taken the port meanwhile.
            if try await server.start() { return server }
        }
        throw StandInTimeout(what: "a port for redis-server", after: .seconds(30))
    }

    var url: String { "redis://127.0.0.1:\(self.port)" }

    /// The certificate that its TLS port shows.
    func certificate() throws -> NIOSSLCertificate {
        try #require(NIOSSLCertificate.fromPEMFile(self.directory.path + "/certificate.pem").first)
    }

    /// Starts it, and returns when it answers; false where it ended at once.
    @discardableResult
    func start() async throws -> Bool {
        var command = [
            try Self.path(of: "redis-server"), "--bind", "127.0.0.1", "--port", "\(self.port)", "--dir",
            self.directory.path, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
        ]
        if let tlsPort = self.tlsPort {
            let path = self.directory.path
            command += [
                "--tls-port", "\(tlsPort)", "--tls-cert-file", path + "/certificate.pem", "--tls-key-file",
                path + "/key.pem", "--tls-ca-cert-file", path + "/certificate.pem", "--tls-auth-clients", "no",
            ]
        }
        let process = try ToolProcess(command + self.options)
        self.process.withLock { $0 = process }
        return try await process.state.wait(for: "redis-server", within: .seconds(30)) { state -> Bool? in
            if state.output.contains("Ready to accept connections") { return true }
            return state.status == nil ? nil : false
        }
    }

    /// Kills it as a crash does, and returns when it is gone.
    func kill() async throws {
        let process = self.process.withLock { $0 }
        try await process?.kill9()
    }

    private func makeCertificate() async throws {
        let path = self.directory.path
        let process = try ToolProcess([
            try Self.path(of: "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
            path + "/key.pem", "-out", path + "/certificate.pem",
        ])
        let status = try await process.state.wait(for: "openssl", within: .seconds(30)) { $0.status }
        try #require(status == 0, "openssl: \(process.state.current.output)")
    }

    private static func path(of tool: String) throws -> String {
        let folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        let path = folders.map { "\($0)/\(tool)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(path, "\(tool) is missing: run scripts/test-tools")
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        try #require(result == 0, "no free port, errno \(errno)")
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
