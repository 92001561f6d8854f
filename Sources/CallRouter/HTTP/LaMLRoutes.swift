import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The documents that tell the carrier what to do with a call, in SignalWire's and Twilio's dialect alike.
struct LaMLRoutes {
    /// How often a carrier is asked to come back, two seconds apart, before it is turned away.
    static let waitLimit = 5
    /// The query parameter that counts those waits.
    static let waitParameter = "waited"

    let services: HTTPServices
    let publicURL: PublicURL

    /// What a carrier sent along with its fetch.
    struct Fetch {
        /// The path without its query.
        let path: String
        let query: URLEncodedForm
        let form: URLEncodedForm

        /// A parameter of the form, else of the query.
        subscript(name: String) -> String? { self.form[name] ?? self.query[name] }

        /// How often this fetch has been put off already.
        var waits: Int {
            guard let text = self.query[LaMLRoutes.waitParameter] else { return 0 }
            return Int(text).map { max(0, $0) } ?? LaMLRoutes.waitLimit
        }
    }

    // MARK: - Documents

    /// The stream of a call that is on record and not over.
    func begin(callID: String, fetch: Fetch) async -> LaMLDocument {
        await self.document(callID: callID, fetch: fetch) { !Self.isOver($0) }
    }

    /// A further stream of a call that is in progress or being dialled.
    func resume(callID: String, fetch: Fetch) async -> LaMLDocument {
        await self.document(callID: callID, fetch: fetch, where: Self.isUnderWay)
    }

    /// The same for a carrier that only knows its own identifier of the call.
    func fallback(fetch: Fetch) async -> LaMLDocument {
        guard let sid = fetch["CallSid"] else { return LaMLDocument(.hangup) }
        do {
            let call = try await self.services.store.call(sid: sid)
            return self.document(of: call, where: Self.isUnderWay)
        } catch {
            return self.wait(fetch)
        }
    }

    /// The stream of a call that comes in, put on record here; the same `CallSid` is the same call.
    func inbound(fetch: Fetch) async throws -> LaMLDocument {
        guard let sid = fetch["CallSid"] else {
            throw APIError(.badRequest, code: "invalid_request", message: "CallSid is missing.")
        }
        do {
            if let call = try await self.services.store.call(sid: sid) {
                return self.document(of: call) { !Self.isOver($0) }
            }
            if self.services.refusesNewCalls { return self.wait(fetch) }
            guard self.services.switchboard.hasCapacity else { return self.turnAway }
            guard await self.isWelcome(fetch["From"]) else { return self.turnAway }
            let record = self.record(sid: sid, fetch: fetch)
            try await self.services.store.insert(record)
            await self.services.inboundCallExpected(record)
            return self.stream(callID: record.callID)
        } catch {
            return self.wait(fetch)
        }
    }

    // MARK: - Parts

    private func document(
        callID: String,
        fetch: Fetch,
        where isServed: (CallRecord) -> Bool
    ) async -> LaMLDocument {
        do {
            return self.document(of: try await self.services.store.call(id: callID), where: isServed)
        } catch {
            // The store is down, the call need not be: what lives here is known without it.
            if await self.services.switchboard.isLive(callID: callID) { return self.stream(callID: callID) }
            return self.wait(fetch)
        }
    }

    private func document(of call: CallRecord?, where isServed: (CallRecord) -> Bool) -> LaMLDocument {
        guard let call else { return LaMLDocument(.hangup) }
        guard !isServed(call) else { return self.stream(callID: call.callID) }
        // The stream broke off in mid-talk because of us: the carrier's own voice can still say so.
        return call.endReason == .modelFailed
            ? LaMLDocument(.say(self.services.apology), .hangup) : LaMLDocument(.hangup)
    }

    /// The call has ended, on record or, where that is still to be written, by its journal.
    private static func isOver(_ call: CallRecord) -> Bool { call.status.isTerminal || call.endReason != nil }

    private static func isUnderWay(_ call: CallRecord) -> Bool {
        switch call.status {
        case .initiating, .ringing, .inProgress: !Self.isOver(call)
        case .queued, .completed, .failed: false
        }
    }

    private func stream(callID: String) -> LaMLDocument {
        let token = self.services.tokens.issue(callID: callID, now: self.services.now())
        let codec = self.services.configuration.streams.codec
        let stream = LaMLDocument.Stream(
            url: self.publicURL.stream("/media-stream"),
            token: token,
            codec: codec == .pcmu ? nil : codec.rawValue,
            parameters: [("callId", callID), ("token", token)]
        )
        let name =
            callID.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-_"))) ?? ""
        return LaMLDocument(
            .connectStream(stream),
            .redirect(url: self.publicURL.web("/laml/call/\(name)/resume"))
        )
    }

    /// Asks the carrier to come back in two seconds, and turns it away once it has done so often enough.
    private func wait(_ fetch: Fetch) -> LaMLDocument {
        guard fetch.waits < Self.waitLimit else { return self.turnAway }
        let url = self.publicURL.web("\(fetch.path)?\(Self.waitParameter)=\(fetch.waits + 1)")
        return LaMLDocument(.pause(seconds: 2), .redirect(url: url))
    }

    private var turnAway: LaMLDocument { LaMLDocument(.say(self.services.refusal), .hangup) }

    private func isWelcome(_ caller: String?) async -> Bool {
        if self.services.configuration.inbound.acceptsUnknownCallers { return true }
        guard let caller else { return false }
        return await self.services.isKnownCaller(caller)
    }

    private func record(sid: String, fetch: Fetch) -> CallRecord {
        var record = CallRecord(
            callID: CallIdentifier.derived(from: sid),
            callSID: sid,
            direction: .inbound,
            status: .ringing,
            createdAt: self.services.now()
        )
        record.from = fetch["From"]
        record.to = fetch["To"]
        return record
    }
}
