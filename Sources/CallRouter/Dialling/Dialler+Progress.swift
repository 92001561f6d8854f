import CallActors
import Foundation
import Logging

/// What becomes of calls that were sent to the carrier.
extension Dialler {
    /// Takes what the carrier says of a call: at most one piece of news of a call at a time.
    package func take(_ news: CarrierNews, of callID: String) async {
        await self.acquire(callID)
        defer { self.release(callID) }
        await self.apply(news, to: callID)
    }

    /// Takes who answered a call.
    package func take(_ report: AnsweringReport, of callID: String) async {
        await self.acquire(callID)
        defer { self.release(callID) }
        do throws(StoreError) {
            guard let call = try await self.store.call(id: callID), !call.status.isTerminal, call.endReason == nil,
                call.status != .queued, call.callSID == nil || call.callSID == report.callSID,
                await self.isOfThisAttempt(report.callSID, call)
            else { return }
            await self.switchboard.detected(report.answeredBy, callID: callID)
            var change = CallChange()
            change.answeredBy = report.answeredBy.rawValue
            change.callSID = call.callSID == nil ? report.callSID : nil
            try await self.store.update(callID: callID, change)
        } catch {
            // The witness counts, whether it can be written or not.
            await self.switchboard.detected(report.answeredBy, callID: callID)
            self.report(error, callID)
        }
    }

    /// Does what `news` means; the caller has the call's turn.
    func apply(_ news: CarrierNews, to callID: String) async {
        let isLive = await self.switchboard.isLive(callID: callID)
        do throws(StoreError) {
            guard let call = try await self.store.call(id: callID), await self.isOfThisAttempt(news.callSID, call)
            else { return }
            let standing = CallProgress.Standing(
                isLive: isLive,
                wasAnswered: self.watches[callID]?.wasAnswered ?? false,
                isTransferred: await self.switchboard.transferTarget(callID: callID) != nil
            )
            let step = CallProgress.step(call, news, standing)
            if step.isEnd, call.callSID == nil {
                var change = CallChange()
                change.callSID = news.callSID
                try await self.write(change, of: callID)
            }
            switch step {
            case .ignore: break
            case .advance(let change): try await self.write(change, of: callID)
            case .answered(let change):
                try await self.write(change, of: callID)
                guard !isLive else { break }
                self.watches[callID]?.wasAnswered = true
                await self.switchboard.answered(callID: callID)
                self.check(callID, after: self.settings.firstCheck)
            case .over(let reason):
                // It was answered while nobody was there to take its stream.
                let isLost = reason == .callerHangup && !isLive && self.watches[callID]?.isRecovered == true
                await self.end(callID, isLost ? .crashed : reason, errorMessage: nil)
            case .overInTransfer: self.keep(call, for: .transfer, after: self.settings.transferGrace)
            case .unanswered(let reason, let message):
                try await self.attemptFailed(call, reason, errorMessage: message)
            }
        } catch {
            self.report(error, callID)
            // The call need not live on because the store does not; others are asked about when it is back.
            if isLive, news.status.isTerminal {
                await self.switchboard.carrierEnded(callID: callID, reason: .callerHangup, errorMessage: nil)
            }
            self.check(callID, after: self.settings.searchInterval)
        }
    }

    private func write(_ change: CallChange, of callID: String) async throws(StoreError) {
        guard change != CallChange() else { return }
        try await self.store.update(callID: callID, change)
    }

    /// Says whether a SID may be that of the call's present attempt: news of an earlier one may come late.
    ///
    /// The SID of a first attempt is taken from whoever tells it first; of a later one only from a call that the carrier
    /// took after this attempt was sent.
    private func isOfThisAttempt(_ callSID: String, _ call: CallRecord) async -> Bool {
        if let known = call.callSID ?? self.watches[call.callID]?.callSID { return known == callSID }
        guard call.attempt > 1, let line = self.line, let dialledAt = call.dialledAt else { return true }
        do throws(CarrierError) {
            let state = try await line.carrier.fetch(callSID: callSID)
            guard let createdAt = state.createdAt else { return true }
            return createdAt >= dialledAt.addingTimeInterval(-RESTCarrier.clockSkew)
        } catch {
            // The answer to the create, or the next check, tells it for certain.
            return false
        }
    }

    // MARK: - Ends

    /// An attempt came to no talk: the call is queued again, or is over.
    ///
    /// Whoever asks for it has the call's turn.
    func attemptFailed(_ call: CallRecord, _ reason: EndReason, errorMessage: String?) async throws(StoreError) {
        let callID = call.callID
        guard call.direction == .outbound, let to = call.to else {
            return await self.end(callID, reason, errorMessage: errorMessage)
        }
        var number = to
        if case .allowed(let given) = self.numbers.check(to) { number = given }
        let verdict = self.settings.rules.afterFailure(
            ofAttempt: call.attempt,
            at: self.now(),
            isOptedOut: try await self.store.isOptedOut(number),
            opening: { self.numbers.nextOpening(for: number, from: $0) }
        )
        switch verdict {
        case .over: await self.end(callID, reason, errorMessage: errorMessage)
        case .again(let attempt, let dialAt):
            guard try await self.store.requeue(callID: callID, attempt: attempt, dialAt: dialAt) != nil else {
                // Somebody talked in it after all, or it is over: it is not tried again.
                return await self.end(callID, reason, errorMessage: errorMessage)
            }
            self.logger.info(
                "A call came to no talk and is tried again.",
                metadata: ["call_id": "\(callID)", "reason": "\(reason.rawValue)", "attempt": "\(attempt)"]
            )
            await self.withdraw(callID)
        }
    }

    /// Puts a call back into the queue that was never sent: the same attempt, due now.
    func putBack(_ callID: String, attempt: Int) async throws(StoreError) {
        guard try await self.store.requeue(callID: callID, attempt: attempt, dialAt: self.now()) != nil else { return }
        await self.withdraw(callID)
    }

    private func withdraw(_ callID: String) async {
        self.watches[callID] = nil
        await self.switchboard.withdrawn(callID: callID)
        self.wake()
    }

    /// Ends a call for good, and sees later that it is on record.
    ///
    /// Whoever asks for it has the call's turn.
    func end(_ callID: String, _ reason: EndReason, errorMessage: String?) async {
        self.watches[callID]?.purpose = .ending(reason, errorMessage: errorMessage)
        await self.switchboard.carrierEnded(callID: callID, reason: reason, errorMessage: errorMessage)
        self.check(callID, after: self.settings.checkInterval)
    }
}

extension CallProgress.Step {
    /// The call, or its attempt, is over.
    fileprivate var isEnd: Bool {
        switch self {
        case .ignore, .advance, .answered: false
        case .over, .overInTransfer, .unanswered: true
        }
    }
}
