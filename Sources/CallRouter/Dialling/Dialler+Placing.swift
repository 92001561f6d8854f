import CallActors
import Foundation
import Logging

/// One call on its way to the carrier.
extension Dialler {
    /// Sends a claimed call to the carrier, again where it could not take it.
    ///
    /// The call's turn is not held meanwhile: the carrier's callbacks, its fetch of the document, even the stream may
    /// come before the answer.
    func place(_ call: CallRecord, to number: String) async {
        guard let line = self.line else { return }
        let order = line.order(callID: call.callID, to: number, ringTime: self.settings.ringTime)
        var retry = CreateRetry(since: self.now())
        while true {
            let failure: CarrierError
            do throws(CarrierError) {
                let callSID = try await line.carrier.create(order)
                return await self.placed(call, callSID)
            } catch {
                failure = error
            }
            // The process ends: the next start finds out whether the call was sent.
            guard !Task.isCancelled else { return }
            self.report(failure, call.callID)
            switch retry.failed(failure, at: self.now(), jitter: self.jitter()) {
            case .again(let wait): guard await self.maySendAgain(call, after: wait, failure) else { return }
            case .unknown: return self.check(call.callID, after: self.settings.searchInterval)
            case .refused: return await self.failed(call, "\(failure)", isFinal: true)
            case .giveUp: return await self.failed(call, "\(failure)", isFinal: false)
            }
        }
    }

    /// The carrier has taken the call.
    private func placed(_ call: CallRecord, _ callSID: String) async {
        let callID = call.callID
        await self.acquire(callID)
        defer { self.release(callID) }
        self.watches[callID]?.callSID = callSID
        do throws(StoreError) {
            guard let stored = try await self.store.call(id: callID) else { return }
            guard !stored.status.isTerminal, stored.endReason == nil else {
                self.watches[callID] = nil
                return await self.takeBack(callID, callSID, of: stored)
            }
            // Its end came before the answer, and the next attempt waits.
            guard stored.status != .queued, stored.attempt == call.attempt else { return }
            if stored.callSID != callSID {
                var change = CallChange()
                change.callSID = callSID
                try await self.store.update(callID: callID, change)
            }
        } catch {
            // The watch keeps the SID until the store takes it.
            self.report(error, callID)
        }
        guard let watch = self.watches[callID], watch.purpose == .placing else { return }
        let wait = watch.wasAnswered ? self.settings.firstCheck : self.settings.ringTime + self.settings.firstCheck
        self.check(callID, after: wait)
    }

    /// The call ended while it was being placed, for a reason of ours: nobody is to be rung up for it.
    private func takeBack(_ callID: String, _ callSID: String, of stored: CallRecord) async {
        guard stored.callSID != callSID, let line = self.line else { return }
        self.logger.notice("A call that ended while it was placed is hung up.", metadata: ["call_id": "\(callID)"])
        do throws(CarrierError) { try await line.carrier.hangUp(callSID: callSID) } catch {
            self.report(error, callID)
        }
    }

    /// Waits until a create may be sent again; false where it need not or must not be.
    private func maySendAgain(_ call: CallRecord, after wait: Duration, _ failure: CarrierError) async -> Bool {
        // A cancelled wait is seen below.
        try? await self.clock.sleep(for: wait)
        guard !Task.isCancelled, await self.isStillUnsent(call) else { return false }
        // A server's fault is no proof that nothing was done.
        if case .unavailable = failure, await self.search(call.callID) != .absent {
            guard await self.isStillUnsent(call) else { return false }
        }
        while true {
            let wait = self.pace.wait(at: self.now())
            if wait == .zero { break }
            // As above.
            try? await self.clock.sleep(for: wait)
            if Task.isCancelled { return false }
        }
        self.pace.take(at: self.now())
        return true
    }

    /// The call waits for its create to be taken, and nothing else has happened to it.
    ///
    /// While the process drains it goes back to the queue: it was never sent.
    private func isStillUnsent(_ call: CallRecord) async -> Bool {
        let callID = call.callID
        await self.acquire(callID)
        defer { self.release(callID) }
        do throws(StoreError) {
            guard let stored = try await self.store.call(id: callID), stored.status == .initiating,
                stored.endReason == nil, stored.attempt == call.attempt, stored.callSID == nil,
                self.watches[callID]?.callSID == nil
            else {
                self.check(callID, after: self.settings.firstCheck)
                return false
            }
            guard self.isHeldBack else { return true }
            try await self.putBack(callID, attempt: call.attempt)
            return false
        } catch {
            // Without its store the call is as before: sending it is what its record says.
            self.report(error, callID)
            return !self.isHeldBack
        }
    }

    /// The carrier took the call neither now nor later.
    private func failed(_ call: CallRecord, _ message: String, isFinal: Bool) async {
        let callID = call.callID
        await self.acquire(callID)
        defer { self.release(callID) }
        do throws(StoreError) {
            guard let stored = try await self.store.call(id: callID), stored.status == .initiating,
                stored.attempt == call.attempt, stored.callSID == nil
            else { return self.check(callID, after: self.settings.firstCheck) }
            if isFinal {
                await self.end(callID, .carrierFailed, errorMessage: message)
            } else {
                try await self.attemptFailed(stored, .carrierFailed, errorMessage: message)
            }
        } catch {
            self.report(error, callID)
            // Written when the store takes it.
            self.watches[callID]?.purpose =
                isFinal
                ? .ending(.carrierFailed, errorMessage: message) : .failing(.carrierFailed, errorMessage: message)
            self.check(callID, after: self.settings.pause)
        }
    }
}
