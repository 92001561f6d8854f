import CallActors

/// What the carrier says of one of its calls, by a callback or asked over REST.
package struct CarrierNews: Sendable, Equatable {
    package var callSID: String
    package var status: CarrierCallStatus
    /// Of a callback; nil where the news was asked for, and is newest.
    package var sequenceNumber: Int?
    package var durationSeconds: Int?

    package init(
        callSID: String,
        status: CarrierCallStatus,
        sequenceNumber: Int? = nil,
        durationSeconds: Int? = nil
    ) {
        self.callSID = callSID
        self.status = status
        self.sequenceNumber = sequenceNumber
        self.durationSeconds = durationSeconds
    }

    package init(_ update: CarrierStatusUpdate) {
        self.init(
            callSID: update.callSID,
            status: update.status,
            sequenceNumber: update.sequenceNumber,
            durationSeconds: update.durationSeconds
        )
    }

    package init(_ state: CarrierCallState) {
        self.init(callSID: state.callSID, status: state.status, durationSeconds: state.durationSeconds)
    }
}
