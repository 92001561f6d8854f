import CallActors
import Wire

/// Reads the carrier's callbacks; nil where one says nothing usable.
enum WebhookReports {
    /// The longest identifier that is taken for one, in bytes; the carriers' own have 36.
    static let identifierLimit = 128

    /// How a call stands: `CallStatus`.
    static func status(_ request: CarrierRequest) -> CarrierStatusUpdate? {
        guard let sid = Self.callSID(request),
            let status = request["CallStatus"].flatMap({ CarrierCallStatus(rawValue: $0.lowercased()) })
        else { return nil }
        return CarrierStatusUpdate(
            callSID: sid,
            callID: Self.callID(request),
            status: status,
            sequenceNumber: Self.count(request["SequenceNumber"]),
            durationSeconds: Self.count(request["CallDuration"])
        )
    }

    /// Who answered: `AnsweredBy`.
    static func answering(_ request: CarrierRequest) -> AnsweringReport? {
        guard let sid = Self.callSID(request), let answeredBy = request["AnsweredBy"] else { return nil }
        return AnsweringReport(
            callSID: sid,
            callID: Self.callID(request),
            answeredBy: AnsweredBy(reported: answeredBy)
        )
    }

    /// What a stream does: `StreamEvent` of a form, `params.state` of a JSON event.
    static func stream(_ request: CarrierRequest) -> StreamReport? {
        let kind: StreamReport.Kind
        switch (request["StreamEvent"] ?? request["state"])?.lowercased() {
        case nil: return nil
        case "stream-started", "streaming": kind = .started
        case "stream-stopped", "finished": kind = .stopped
        case "stream-error", "failed": kind = .failed(String((request["StreamError"] ?? "no reason given").prefix(200)))
        default: kind = .other
        }
        return StreamReport(callSID: Self.callSID(request), kind: kind)
    }

    private static func callSID(_ request: CarrierRequest) -> String? { Self.identifier(request.callSID) }

    /// Ours, which we wrote into the callback's own URL.
    private static func callID(_ request: CarrierRequest) -> String? { Self.identifier(request.query["callId"]) }

    private static func identifier(_ text: String?) -> String? {
        guard let text, text.utf8.count <= Self.identifierLimit else { return nil }
        return text
    }

    private static func count(_ text: String?) -> Int? { text.flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 } }
}
