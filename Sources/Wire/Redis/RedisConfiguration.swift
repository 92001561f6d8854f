import NIOSSL

/// What connections to one Redis are made with.
package struct RedisConfiguration: Sendable {
    package var url: RedisURL
    /// Shown by `CLIENT LIST`; nil for none.
    package var clientName: String?
    /// From the look-up of the host to the end of the sign-in.
    package var connectTimeout = Duration.seconds(10)
    /// For the answer to one command that does not block.
    package var commandTimeout = Duration.seconds(5)
    /// nil for `redis://`.
    let tls: NIOSSLContext?

    /// Reads the URL, and for `rediss://` the trust roots, which takes milliseconds and memory.
    ///
    /// - Parameters:
    ///   - url: `redis://` or `rediss://`.
    ///   - additionalRoots: Trusted beside the system's.
    /// - Throws: What is wrong with the URL, or that the roots cannot be read.
    package init(url: String, additionalRoots: [NIOSSLCertificate] = []) throws(RedisError) {
        self.url = try RedisURL(url)
        guard self.url.isSecure else {
            self.tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if !additionalRoots.isEmpty { configuration.additionalTrustRoots = [.certificates(additionalRoots)] }
        do {
            self.tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .unreachable("the system's trust roots cannot be read: \(error)")
        }
    }
}
