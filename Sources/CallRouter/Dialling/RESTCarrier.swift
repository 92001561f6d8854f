import CallActors
import Foundation
import Wire

/// The carrier's hand on calls over its REST API, SignalWire's and Twilio's alike.
package struct RESTCarrier: CarrierControl {
    /// How far the carrier's clock may be behind ours.
    static let clockSkew: TimeInterval = 30

    private let client: CarrierRESTClient
    private let dialect: CarrierRESTDialect

    package init(client: CarrierRESTClient, dialect: CarrierRESTDialect) {
        self.client = client
        self.dialect = dialect
    }

    /// Twilio takes no `dtmf` message on a stream (its warning 31951).
    package var sendsDigitsOnStream: Bool { self.dialect == .signalWire }

    package func create(_ call: OutboundCall) async throws(CarrierError) -> String {
        let order = CarrierRESTOrder(
            to: call.to,
            from: call.from,
            url: call.url,
            fallbackURL: call.fallbackURL,
            statusCallback: call.statusCallback,
            detectionCallback: call.amdCallback,
            timeout: Int(call.ringTime / .seconds(1))
        )
        do throws(CarrierRESTError) { return try await self.client.create(order).sid } catch {
            throw CarrierError(error)
        }
    }

    package func redirect(callSID: String, to url: String) async throws(CarrierError) {
        do throws(CarrierRESTError) {
            try await self.client.update(callSID, ["Url": url, "Method": "POST"])
        } catch {
            throw CarrierError(error)
        }
    }

    /// Ends a call with `completed`, and where the carrier wants that word for talks only, with `canceled`.
    ///
    /// A call that is over already has been hung up.
    package func hangUp(callSID: String) async throws(CarrierError) {
        do throws(CarrierError) {
            try await self.setStatus("completed", of: callSID)
        } catch {
            guard case .rejected(let status, _) = error, ![401, 403, 404, 405].contains(status) else { throw error }
            do throws(CarrierError) {
                try await self.setStatus("canceled", of: callSID)
            } catch let second {
                guard case .rejected = second, try await self.fetch(callSID: callSID).status.isTerminal else {
                    throw error
                }
            }
        }
    }

    private func setStatus(_ status: String, of callSID: String) async throws(CarrierError) {
        do throws(CarrierRESTError) { try await self.client.update(callSID, ["Status": status]) } catch {
            throw CarrierError(error)
        }
    }

    package func fetch(callSID: String) async throws(CarrierError) -> CarrierCallState {
        let call: CarrierRESTCall
        do throws(CarrierRESTError) { call = try await self.client.call(callSID) } catch {
            throw CarrierError(error, changesNothing: true)
        }
        guard let state = CarrierCallState(call) else { throw .unavailable("its call has a status of its own") }
        return state
    }

    package func calls(to number: String, since date: Date) async throws(CarrierError) -> [CarrierCallState]? {
        let earliest = date.addingTimeInterval(-Self.clockSkew)
        let calls: [CarrierRESTCall]?
        do throws(CarrierRESTError) { calls = try await self.client.calls(to: number, since: earliest) } catch {
            if case .refused(let failure) = error, [400, 404, 405, 501].contains(failure.status) { return nil }
            throw CarrierError(error, changesNothing: true)
        }
        // A call without a date was not begun yet.
        return calls?.compactMap(CarrierCallState.init).filter { $0.createdAt.map { $0 >= earliest } ?? true }
    }
}

extension CarrierCallState {
    /// nil for a status that is in no carrier's list.
    init?(_ call: CarrierRESTCall) {
        guard let status = CarrierCallStatus(rawValue: call.status.lowercased()) else { return nil }
        self.init(callSID: call.sid, status: status, durationSeconds: call.duration, createdAt: call.createdAt)
    }
}

extension CarrierError {
    /// - Parameters:
    ///   - error: What the client says.
    ///   - changesNothing: The request only asked, so that no harm is in asking again.
    init(_ error: CarrierRESTError, changesNothing: Bool = false) {
        switch error {
        case .notSent(let reason): self = .unavailable(reason)
        case .unanswered(let reason): self = changesNothing ? .unavailable(reason) : .unanswered(reason)
        case .refused(let failure):
            switch failure.status {
            case 429: self = .rateLimited(retryAfter: failure.retryAfter)
            case 500...: self = .unavailable("HTTP \(failure.status)")
            default: self = .rejected(status: failure.status, code: failure.code)
            }
        }
    }
}
