import Foundation

/// Where failures are reported: a DSN of Sentry, or of a server that speaks its protocol.
///
/// `https://KEY@HOST/PATH/PROJECT`; a self-hosted server may have a port and a path of its own. The secret that old DSNs
/// have behind the key is not needed any more and is left out.
package struct SentryDSN: Sendable, Equatable {
    /// Lets whoever has it send events to the project.
    package let publicKey: Secret
    /// The last part of the path.
    package let projectID: String
    /// The server, with the path that it lives under.
    let server: WebAddress

    /// Reads and checks a DSN.
    ///
    /// - Parameter text: The DSN as Sentry shows it.
    /// - Throws: What is wrong with it; never quotes the text.
    package init(_ text: String) throws(WebAddress.Fault) {
        guard var parts = URLComponents(string: text) else {
            throw WebAddress.Fault(reason: "it must be a URL like https://KEY@HOST/PROJECT")
        }
        guard let key = parts.user, !key.isEmpty, key.utf8.allSatisfy(Self.isPlain) else {
            throw WebAddress.Fault(reason: "it must hold the project's public key before an @")
        }
        parts.user = nil
        parts.password = nil
        guard let address = parts.string else { throw WebAddress.Fault(reason: "it must be a URL") }
        let whole = try WebAddress(address, schemes: ["https", "http"], loopbackSchemes: [])
        guard let project = whole.path.split(separator: "/").last, project.utf8.allSatisfy(Self.isPlain) else {
            throw WebAddress.Fault(reason: "it must end with the number of a project")
        }
        self.publicKey = Secret(key)
        self.projectID = String(project)
        self.server = WebAddress(
            scheme: whole.scheme,
            host: whole.host,
            port: whole.port,
            path: PathPrefix(String(whole.path.dropLast(project.count))).path
        )
    }

    /// Events cross a network unencrypted.
    package var isExposed: Bool { self.server.scheme == "http" && !self.server.isLoopback }

    /// Where envelopes are sent.
    var envelopeURL: String { "\(self.server.string)/api/\(self.projectID)/envelope/" }

    /// The header that says whose envelope it is.
    var authorization: String {
        "Sentry sentry_version=7, sentry_key=\(self.publicKey.value), sentry_client=\(Self.client)"
    }

    /// How this program calls itself.
    static let client = "callrouter/\(RouterVersion.current)"

    /// A character that needs no escape in a URL and cannot end a header's value.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
