import Foundation

/// What the carrier tells the router outside of the stream.
extension CarrierCall {
    enum StreamNews: Sendable, Equatable {
        case started, stopped
        case failed(String)
    }

    /// Moves the call on, and tells whoever asked to be told.
    func enter(_ status: PhoneStatus) {
        let (order, seconds) = self.record.update { record in
            record.status = status
            if status == .inProgress {
                record.answeredDate = Date()
                record.answeredAt = .now
            }
            if status.isOver { record.endedDate = Date() }
            return (record.order, record.talkSeconds)
        }
        guard let event = status.event else { return }
        let number = self.nextSequenceNumber
        self.nextSequenceNumber += 1
        var link: CarrierOrder.Link?
        if let order {
            link = order.events.contains(event) ? order.statusCallback : nil
        } else if status.isOver {
            link = self.settings.statusCallbackURL.map { CarrierOrder.Link(url: $0) }
        }
        guard let link else { return }
        var form = self.identity(status: status.rawValue)
        form += [
            ("CallbackSource", "call-progress-events"), ("SequenceNumber", String(number)),
            ("Timestamp", CarrierDates.rfc2822(Date())),
        ]
        if status.isOver { form.append(("CallDuration", String(seconds))) }
        for delay in self.callee?.deliveries(status) ?? [.zero] {
            self.post(.status, status.rawValue, number, link, .form(form), after: delay)
        }
    }

    /// The result of the answering machine detection, at last.
    ///
    /// What the callback says is `AnsweredBy`; without an order that asked for it there is no callback.
    package func reportAnsweredBy(_ answeredBy: String) {
        self.report(answeredBy: answeredBy, after: .zero)
    }

    func report(answeredBy: String, after delay: Duration) {
        guard let order = self.record.read(\.order), order.detection != .none else { return }
        if delay == .zero { self.record.update { $0.answeredBy = answeredBy } }
        guard let link = order.detectionCallback else { return }
        let milliseconds = Int(delay / .milliseconds(1))
        let form: [(name: String, value: String)] = [
            ("AccountSid", self.settings.accountSID), ("CallSid", self.record.read(\.callSID)),
            ("AnsweredBy", answeredBy), ("MachineDetectionDuration", String(milliseconds)),
        ]
        self.post(.answering, answeredBy, nil, link, .form(form), after: delay)
    }

    /// Tells what became of a stream, where its document named an address for that.
    func report(_ stream: CallDocument.Stream, _ news: StreamNews, streamSID: String) {
        guard let url = stream.statusURL else { return }
        let link = CarrierOrder.Link(url: url, method: stream.statusMethod)
        let callSID = self.record.read(\.callSID)
        if self.format == .swml {
            let state = news == .started ? "streaming" : "finished"
            let json: StandInJSON = [
                "event_type": "calling.call.stream", "project_id": .string(self.settings.accountSID),
                "params": [
                    "call_id": .string(callSID), "state": .string(state), "url": .string(stream.url),
                    "name": .string(stream.name ?? streamSID),
                ],
            ]
            self.post(.stream, state, nil, link, .json(json), after: .zero)
            return
        }
        let event: String
        var form: [(name: String, value: String)] = [
            ("AccountSid", self.settings.accountSID), ("CallSid", callSID), ("StreamSid", streamSID),
            ("StreamName", stream.name ?? streamSID), ("StreamTrack", "inbound_track"),
            ("Timestamp", CarrierDates.iso8601(Date())),
        ]
        switch news {
        case .started: event = "stream-started"
        case .stopped: event = "stream-stopped"
        case .failed(let reason):
            event = "stream-error"
            form.append(("StreamError", reason))
        }
        form.append(("StreamEvent", event))
        self.post(.stream, event, nil, link, .form(form), after: .zero)
    }

    /// The fields that every request about this call holds.
    func identity(status: String) -> [(name: String, value: String)] {
        let (callSID, direction, from, to) = self.record.read { ($0.callSID, $0.direction, $0.from, $0.to) }
        return [
            ("AccountSid", self.settings.accountSID), ("ApiVersion", "2010-04-01"), ("CallSid", callSID),
            ("CallStatus", status), ("Direction", direction), ("From", from), ("To", to),
        ]
    }

    private func post(
        _ kind: CarrierCallRecord.Callback.Kind,
        _ value: String,
        _ sequenceNumber: Int?,
        _ link: CarrierOrder.Link,
        _ content: CarrierContent,
        after delay: Duration
    ) {
        let (carrier, record) = (self.carrier, self.record)
        self.callbacks.add(after: delay) {
            var callback = CarrierCallRecord.Callback(
                kind: kind,
                value: value,
                sequenceNumber: sequenceNumber,
                tries: []
            )
            // A callback is tried three times in all.
            for attempt in 0..<3 {
                do {
                    if attempt > 0 { try await Task.sleep(for: carrier.settings.callbackRetryGap) }
                    callback.tries.append(try await carrier.request(link.method, link.url, content).status)
                } catch {
                    if error is CancellationError { break }
                    callback.tries.append(0)
                }
                if let status = callback.tries.last, (200..<500).contains(status) { break }
            }
            let done = callback
            record.update { record in
                record.callbacks.append(done)
                if kind == .answering { record.answeredBy = value }
                guard let status = done.tries.last, (200..<300).contains(status) else {
                    record.anomalies.append("the callback \(value) was answered with \(done.tries)")
                    return
                }
            }
        }
    }
}
