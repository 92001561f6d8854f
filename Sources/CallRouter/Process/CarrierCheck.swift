import CallActors
import Foundation
import Logging
import NIOCore
import Wire

/// Looks at the carrier's account, and places no call.
struct CarrierCheck: Sendable {
    private static let subject = "carrier"

    let configuration: RouterConfiguration
    let eventLoopGroup: any EventLoopGroup

    func findings() async -> [Finding] {
        guard let account = self.configuration.carrier else {
            return [
                .warning(
                    Self.subject,
                    "no account is set: calls are answered, not placed, transferred or ended at the carrier. Set "
                        + "SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN, SIGNALWIRE_SPACE_URL and SIGNALWIRE_PHONE_NUMBER."
                )
            ]
        }
        let silence = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
        let client = account.makeClient(on: self.eventLoopGroup, logger: silence)
        let started = ContinuousClock.now
        var findings: [Finding]
        do throws(CarrierRESTError) {
            // A look at the calls to the own number: it needs the account's rights, costs nothing and changes nothing.
            _ = try await client.calls(to: account.number, since: Date())
            let duration = started.duration(to: .now).milliseconds
            findings = [.ok(Self.subject, "the account is accepted, answered in \(duration) ms")]
        } catch {
            findings = [Self.finding(error)]
        }
        await client.shutdown()
        return findings + self.numbers(of: account)
    }

    /// An account that is not accepted cannot place calls; one that lists no calls may still do so.
    private static func finding(_ error: CarrierRESTError) -> Finding {
        guard case .refused(let failure) = error else { return .failed(Self.subject, "\(error)") }
        let text = "\(error) Check the project or account, its token, and SIGNALWIRE_SPACE_URL."
        return [401, 403].contains(failure.status) ? .failed(Self.subject, text) : .warning(Self.subject, text)
    }

    /// The own number and those of transfers must be numbers that may be called.
    private func numbers(of account: CarrierAccount) -> [Finding] {
        let dialling = self.configuration.dialling
        let policy = NumberPolicy(
            allowedCountries: dialling.allowedCountries,
            ownNumber: account.number,
            hours: dialling.hours
        )
        let refused = dialling.transferNumbers.filter {
            if case .allowed = policy.check($0) { false } else { true }
        }
        guard !refused.isEmpty else { return [] }
        return [
            .warning(
                "TRANSFER_NUMBERS",
                "\(refused.count) of \(dialling.transferNumbers.count) numbers may not be called by ALLOWED_COUNTRIES, or are "
                    + "premium-rate or emergency numbers: no call is handed to them."
            )
        ]
    }
}
