/// The life of a call that the router placed.
extension CarrierCall {
    /// Makes the call: rings, is answered or not, and then does what its document says.
    ///
    /// - Parameters:
    ///   - order: What was asked for.
    ///   - queueTime: How long the carrier holds the call back, as it does past its rate.
    package func place(_ order: CarrierOrder, after queueTime: Duration = .zero) async {
        async let callbacks: Void = self.callbacks.run()
        if queueTime > .zero { await self.pass(queueTime) }
        let callee = self.carrier.nextCallee(of: order.to)
        self.callee = callee
        if let status = await self.ring(callee, order) {
            self.enter(status)
            self.record.update { record in
                record.end = .notAnswered(status)
                record.endedAt = .now
            }
        } else {
            await self.talk(callee, order)
        }
        self.callbacks.finish()
        await callbacks
    }

    /// From the order to the answer; nil once somebody has answered.
    private func ring(_ callee: Callee, _ order: CarrierOrder) async -> PhoneStatus? {
        guard !self.record.read(\.isInterrupted) else { return .canceled }
        self.enter(.initiated)
        await self.pass(callee.setupTime)
        guard !self.record.read(\.isInterrupted) else { return .canceled }
        self.enter(.ringing)
        let (time, status): (Duration, PhoneStatus?) =
            switch callee.answer {
            case .answers(let after): after < order.timeout ? (after, nil) : (order.timeout, .noAnswer)
            case .noAnswer(let after): (min(after, order.timeout), .noAnswer)
            case .busy(let after): (after, .busy)
            case .fails(let after): (after, .failed)
            }
        await self.pass(time)
        return self.record.read(\.isInterrupted) ? .canceled : status
    }

    private func talk(_ callee: Callee, _ order: CarrierOrder) async {
        self.enter(.inProgress)
        var fetch = Fetch(url: order.document.url, method: order.document.method, format: .laml)
        if let detection = callee.detection, order.detection != .none {
            if order.detectionCallback == nil {
                // Without a callback the document waits for the result.
                await self.pass(detection.after)
                fetch.extra = [("AnsweredBy", detection.answeredBy)]
            }
            self.report(
                answeredBy: detection.answeredBy,
                after: order.detectionCallback == nil ? .zero : detection.after
            )
        }
        if let digits = order.sendDigits { await self.play(digits: digits) }
        await self.live(fetch)
    }
}
