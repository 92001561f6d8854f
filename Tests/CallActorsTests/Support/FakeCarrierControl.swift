import Foundation
import Synchronization

@testable import CallActors

/// A carrier account that writes down what it is asked, and answers as it was told.
final class FakeCarrierControl: CarrierControl {
    enum Request: Sendable, Equatable {
        case redirect(String, to: String)
        case hangUp(String)
        case fetch(String)
    }

    let sendsDigitsOnStream: Bool
    let log = EventLog<Request>()
    private let failure: CarrierError?

    init(sendsDigitsOnStream: Bool = true, failure: CarrierError? = nil) {
        self.sendsDigitsOnStream = sendsDigitsOnStream
        self.failure = failure
    }

    func create(_ call: OutboundCall) async throws(CarrierError) -> String { "CA1" }

    func redirect(callSID: String, to url: String) async throws(CarrierError) {
        self.log.append(.redirect(callSID, to: url))
        if let failure = self.failure { throw failure }
    }

    func hangUp(callSID: String) async throws(CarrierError) {
        self.log.append(.hangUp(callSID))
        if let failure = self.failure { throw failure }
    }

    func fetch(callSID: String) async throws(CarrierError) -> CarrierCallState {
        self.log.append(.fetch(callSID))
        return CarrierCallState(callSID: callSID, status: .inProgress)
    }

    func calls(to number: String, since date: Date) async throws(CarrierError) -> [CarrierCallState]? { nil }
}
