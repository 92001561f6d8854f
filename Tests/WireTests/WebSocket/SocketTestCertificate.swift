import Foundation
import NIOSSL

/// A certificate made for one test by the openssl command.
struct SocketTestCertificate {
    let certificate: NIOSSLCertificate
    private let key: NIOSSLPrivateKey

    /// Where the command is; nil on a machine without it.
    static let command = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Signs itself and is good for `names`, such as `DNS:localhost` or `IP:127.0.0.1`.
    init(names: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.command ?? "")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        self.certificate = try NIOSSLCertificate.fromPEMFile(certificate)[0]
        self.key = try NIOSSLPrivateKey(file: key, format: .pem)
    }

    func makeServerContext() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(self.certificate)],
                privateKey: .privateKey(self.key)
            )
        )
    }
}
