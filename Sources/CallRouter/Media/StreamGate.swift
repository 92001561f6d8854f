import CallActors
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// Decides which media streams may carry a call, and finds the call.
struct StreamGate: Sendable {
    /// What a stream showed at its upgrade.
    struct Credentials: Sendable {
        /// The token of `Authorization: Bearer`.
        var bearer: String?
    }

    /// What became of a `start`.
    enum Verdict: Sendable {
        /// The registry has given the stream to its session. `tokenID` is the token that was used up.
        case admitted(tokenID: String?)
        case refused(RejectReason)
        /// The format cannot be carried.
        case wrongCodec
    }

    let auth: StreamAuth
    let acceptsUnknownCalls: Bool
    let tokens: StreamToken
    let ledger: StreamTokenLedger
    let signature: WebhookSignature?
    /// `PUBLIC_URL` as the carrier sees a stream's address: scheme, host and prefix, without the path of the route.
    let publicURL: PublicURL?
    let registry: CallRegistry
    let store: any CallStore
    let isDraining: @Sendable () -> Bool
    let logger: Logger

    // MARK: - At the upgrade

    /// Judges an upgrade by its headers alone.
    func decide(_ head: HTTPRequestHead) -> UpgradeDecision {
        switch self.auth {
        case .off: return .accept
        case .signature: return self.isSigned(head) ? .accept : .reject(.forbidden)
        case .token:
            // Without a bearer token the `start` message brings one.
            guard let bearer = Self.bearer(head) else { return .accept }
            let now = Date()
            guard let claims = try? self.tokens.verify(bearer, now: now),
                self.ledger.isUsable(claims.tokenID, now: now)
            else { return .reject(.unauthorized) }
            let callID = claims.callID
            if self.isDraining(), !self.registry.isUnderWay(callID: callID) { return .reject(.serviceUnavailable) }
            return self.registry.hasPlace(for: callID) ? .accept : .reject(.serviceUnavailable)
        }
    }

    static func bearer(_ head: HTTPRequestHead) -> String? {
        guard let value = head.headers.first(name: "Authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].trimmingCharacters(in: .whitespaces)
    }

    private func isSigned(_ head: HTTPRequestHead) -> Bool {
        guard let signature = self.signature, let publicURL = self.publicURL else { return false }
        return ["X-Twilio-Signature", "X-SignalWire-Signature"].compactMap { head.headers.first(name: $0) }
            .contains { signature.isValid(upgradeSignature: $0, url: publicURL.stream(head.uri)) }
    }

    // MARK: - At the start message

    /// Checks the token, finds the call and gives it the stream.
    func admit(
        _ start: StreamStart,
        credentials: Credentials,
        link: any CarrierLink,
        on loop: CallLoop
    ) async -> Verdict {
        let now = Date()
        var claims: StreamToken.Claims?
        if self.auth == .token {
            guard let token = credentials.bearer ?? start.customParameters["token"],
                let verified = try? self.tokens.verify(token, now: now),
                start.customParameters["callId"].map({ $0 == verified.callID }) ?? true,
                self.ledger.isUsable(verified.tokenID, now: now)
            else { return .refused(.token) }
            claims = verified
        }
        let record: CallRecord
        switch await self.find(start, tokenCallID: claims?.callID) {
        case .success(let found): record = found
        case .failure(let refusal): return .refused(refusal.reason)
        }
        let format = start.mediaFormat.map(\.audioFormat) ?? .pcmu
        guard let format = format.flatMap(StreamTranscoder.callFormat) else {
            let name = start.mediaFormat.map { "\($0.encoding) at \($0.sampleRate) Hz" } ?? "unknown"
            await self.registry.fail(
                record,
                errorMessage:
                    "The carrier's stream has the format \(name). Set STREAM_CODEC to PCMU@8000h, L16@16000h or "
                    + "L16@24000h."
            )
            return .wrongCodec
        }
        switch await self.registry.admit(record, link: link, format: format, callSID: start.callSID, on: loop) {
        case .refused(let reason): return .refused(reason)
        case .attached:
            if let claims { _ = self.ledger.use(claims.tokenID, expiresAt: claims.expiresAt, now: now) }
            return .admitted(tokenID: claims?.tokenID)
        }
    }

    private struct Refusal: Error { var reason: RejectReason }

    private func find(_ start: StreamStart, tokenCallID: String?) async -> Result<CallRecord, Refusal> {
        do throws(StoreError) {
            if let callID = tokenCallID ?? start.customParameters["callId"],
                let record = try await self.store.call(id: callID)
            {
                return record.status.isTerminal ? .failure(Refusal(reason: .unknownCall)) : .success(record)
            }
            guard tokenCallID == nil else { return .failure(Refusal(reason: .unknownCall)) }
            if let sid = start.callSID, let record = try await self.store.call(sid: sid), !record.status.isTerminal {
                return .success(record)
            }
            guard self.acceptsUnknownCalls else { return .failure(Refusal(reason: .unknownCall)) }
            guard !self.isDraining() else { return .failure(Refusal(reason: .draining)) }
            guard self.registry.hasCapacity else { return .failure(Refusal(reason: .atCapacity)) }
            var record = CallRecord(
                callID: UUID().uuidString.lowercased(),
                callSID: start.callSID,
                direction: .inbound,
                status: .ringing,
                createdAt: Date()
            )
            record.from = start.customParameters["from"]
            record.to = start.customParameters["to"]
            try await self.store.insert(record)
            return .success(record)
        } catch {
            self.logger.error("\(error)", error: error)
            return .failure(Refusal(reason: .unknownCall))
        }
    }
}
