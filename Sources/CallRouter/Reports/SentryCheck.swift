import Foundation
import NIOCore

/// Looks at where failures are reported, and reports none.
struct SentryCheck: Sendable {
    private static let subject = "SENTRY_DSN"

    let dsn: SentryDSN
    let eventLoopGroup: any EventLoopGroup

    /// Posts an envelope with nothing in it: the key is looked at, and no event comes of it.
    func finding() async -> Finding {
        let client = SentryClient(dsn: self.dsn, eventLoopGroup: self.eventLoopGroup)
        let started = ContinuousClock.now
        let answer = await client.post(ByteBuffer(string: "{}\n"), timeout: RouterCheck.timeout)
        let duration = started.duration(to: .now).milliseconds
        await client.shutdown()
        switch answer {
        // Servers differ in what they say to an envelope without items; the key they have looked at by then.
        case .taken, .refused(status: 400):
            return .ok(Self.subject, "the server takes reports, answered in \(duration) ms; no event was sent")
        case .limited(let wait, _):
            return .warning(
                Self.subject,
                "the server takes no reports for \(wait.components.seconds) s. Check the quota and limits of the project."
            )
        case .refused(let status):
            return .warning(
                Self.subject,
                "the server refuses reports (HTTP \(status)): failures are logged only. Copy the DSN again from the "
                    + "project's settings, Client Keys."
            )
        case .unavailable(let reason):
            return .warning(
                Self.subject,
                "the server cannot be reached (\(reason)): failures are logged, and reports wait. Check the host in the "
                    + "DSN and the network."
            )
        }
    }
}
