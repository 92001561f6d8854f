import Foundation

/// Takes what the carrier reports about calls outside of their streams.
///
/// Reports may come late, twice, out of order or never.
package protocol CarrierEvents: Sendable {
    func status(_ update: CarrierStatusUpdate) async
    func answered(_ report: AnsweringReport) async
    func stream(_ report: StreamReport) async
}

/// One status callback.
package struct CarrierStatusUpdate: Sendable, Equatable {
    package var callSID: String
    /// Ours, from the callback's own URL, where it holds one.
    package var callID: String?
    package var status: CarrierCallStatus
    /// Orders the callbacks of one call, from 0; absent from some.
    package var sequenceNumber: Int?
    package var durationSeconds: Int?

    package init(
        callSID: String,
        callID: String? = nil,
        status: CarrierCallStatus,
        sequenceNumber: Int? = nil,
        durationSeconds: Int? = nil
    ) {
        self.callSID = callSID
        self.callID = callID
        self.status = status
        self.sequenceNumber = sequenceNumber
        self.durationSeconds = durationSeconds
    }
}

/// The result of the carrier's answering machine detection.
package struct AnsweringReport: Sendable, Equatable {
    package var callSID: String
    package var callID: String?
    package var answeredBy: AnsweredBy

    package init(callSID: String, callID: String? = nil, answeredBy: AnsweredBy) {
        self.callSID = callSID
        self.callID = callID
        self.answeredBy = answeredBy
    }
}

/// Who answered, as the carrier takes it; any other value counts as a human.
package enum AnsweredBy: String, Sendable, CaseIterable {
    case human, unknown, fax
    case machineStart = "machine_start"
    case machineEndBeep = "machine_end_beep"
    case machineEndSilence = "machine_end_silence"
    case machineEndOther = "machine_end_other"

    /// Reads `AnsweredBy` leniently: what begins with `machine` is one.
    package init(reported text: String) {
        let name = text.lowercased()
        self = Self(rawValue: name) ?? (name.hasPrefix("machine") ? .machineStart : .human)
    }

    package var isMachine: Bool {
        switch self {
        case .machineStart, .machineEndBeep, .machineEndSilence, .machineEndOther, .fax: true
        case .human, .unknown: false
        }
    }
}

/// A stream status callback.
package struct StreamReport: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case started, stopped, failed(String), other }

    package var callSID: String?
    package var kind: Kind

    package init(callSID: String?, kind: Kind) {
        self.callSID = callSID
        self.kind = kind
    }
}
