import CallActors
import Foundation
import Logging

/// Finding out about calls of which the carrier says nothing.
extension Dialler {
    /// What the carrier's list says of a call whose SID nobody told.
    enum Search: Sendable, Equatable {
        case found
        /// No call of this attempt is in it.
        case absent
        /// It cannot be read, or two calls in it cannot be told apart.
        case unknown
    }

    /// The calls that are asked about at the same time.
    private static let maximumChecks = 8

    // MARK: - After a restart

    /// Takes up the calls that the last process sent, or was about to send.
    func recover() async {
        while !Task.isCancelled {
            do throws(StoreError) {
                for call in try await self.store.liveCalls() { await self.takeUp(call) }
                return
            } catch {
                self.report(error)
            }
            // A cancelled wait ends the loop.
            try? await self.clock.sleep(for: self.settings.pause)
        }
    }

    private func takeUp(_ call: CallRecord) async {
        guard call.direction == .outbound, call.startedAt == nil, let dialledAt = call.dialledAt,
            call.status == .initiating || call.status == .ringing, self.watches[call.callID] == nil,
            await !self.switchboard.isLive(callID: call.callID)
        else { return }
        // The process died between the end in the call's journal and that on its record.
        if let reason = call.endReason {
            return await self.switchboard.carrierEnded(
                callID: call.callID,
                reason: reason,
                errorMessage: call.errorMessage
            )
        }
        let now = self.now()
        var watch = DialWatch(
            purpose: .ringing,
            attempt: call.attempt,
            dialledAt: dialledAt,
            since: now,
            nextCheck: now,
            number: call.to ?? ""
        )
        if case .allowed(let number) = self.numbers.check(watch.number) { watch.number = number }
        watch.isRecovered = true
        self.watches[call.callID] = watch
        await self.switchboard.dialled(callID: call.callID, patience: self.settings.patience)
    }

    // MARK: - The loop

    /// Looks at each watched call when its time comes, until the task is cancelled.
    func watch() async {
        while !Task.isCancelled {
            let next = await self.lookAtDue()
            await self.pause(self.watchWake, until: next)
        }
    }

    /// Looks at every call that is due, and says when the next one will be.
    func lookAtDue() async -> Date {
        let now = self.now()
        let due = self.watches.filter { $0.value.nextCheck <= now }.keys
        // Until its check has decided otherwise, a call is not due again.
        for callID in due { self.check(callID, after: self.settings.checkInterval) }
        await withTaskGroup(of: Void.self) { group in
            for (index, callID) in due.enumerated() {
                if index >= Self.maximumChecks { await group.next() }
                group.addTask { await self.look(at: callID) }
            }
        }
        return self.watches.values.reduce(.distantFuture) { min($0, $1.nextCheck) }
    }

    /// A call that is watched is looked at after this time, and not before.
    func check(_ callID: String, after wait: Duration) {
        guard var watch = self.watches[callID] else { return }
        if watch.purpose == .placing { watch.purpose = .ringing }
        watch.nextCheck = self.now().addingTimeInterval(wait / .seconds(1))
        self.watches[callID] = watch
        self.watchWake.signal()
    }

    /// Begins to watch a call that was not, or for something else.
    func keep(_ call: CallRecord, for purpose: DialWatch.Purpose, after wait: Duration) {
        let now = self.now()
        var watch =
            self.watches[call.callID]
            ?? DialWatch(
                purpose: purpose,
                attempt: call.attempt,
                dialledAt: call.dialledAt ?? now,
                since: now,
                nextCheck: now,
                number: call.to ?? ""
            )
        watch.purpose = purpose
        self.watches[call.callID] = watch
        self.check(call.callID, after: wait)
    }

    private func look(at callID: String) async {
        await self.acquire(callID)
        defer { self.release(callID) }
        do throws(StoreError) { try await self.decide(callID) } catch {
            self.report(error, callID)
            self.check(callID, after: self.settings.searchInterval)
        }
    }

    private func decide(_ callID: String) async throws(StoreError) {
        guard let watch = self.watches[callID] else { return }
        guard let call = try await self.store.call(id: callID), !call.status.isTerminal, call.status != .queued,
            call.attempt == watch.attempt
        else {
            self.watches[callID] = nil
            return
        }
        switch watch.purpose {
        case .placing: break
        case .transfer:
            // Whoever was to take the call over has talked to the caller, or the caller did not wait for them.
            let isTransferred = await self.switchboard.transferTarget(callID: callID) != nil
            await self.end(callID, isTransferred ? .transferred : .callerHangup, errorMessage: nil)
        case .ending(let reason, let message):
            // A session takes a while to come to its end.
            if await self.switchboard.isLive(callID: callID) { return }
            await self.end(callID, reason, errorMessage: message)
        case .failing(let reason, let message): try await self.attemptFailed(call, reason, errorMessage: message)
        case .ringing: try await self.ask(about: call, watch)
        }
    }

    // MARK: - Asking the carrier

    /// Finds out how a call stands that was sent and has no stream.
    private func ask(about call: CallRecord, _ watch: DialWatch) async throws(StoreError) {
        let callID = call.callID
        // Its session, or the registry that waits for its next stream, sees to it from now on.
        guard call.startedAt == nil, call.status != .inProgress, call.endReason == nil,
            await !self.switchboard.isLive(callID: callID)
        else {
            self.watches[callID] = nil
            return
        }
        guard let callSID = call.callSID ?? watch.callSID else { return try await self.searchOnce(call) }
        if call.callSID == nil {
            var change = CallChange()
            change.callSID = callSID
            try await self.store.update(callID: callID, change)
        }
        guard let line = self.line else { return try await self.giveUpWhereOverdue(call, watch) }
        do throws(CarrierError) {
            let state = try await line.carrier.fetch(callSID: callSID)
            await self.apply(CarrierNews(state), to: callID)
            if !state.status.isTerminal { await self.expectFurther(callID) }
            return
        } catch {
            self.report(error, callID)
            if case .rejected(404, _) = error {
                let message = "The carrier does not know the call any more. See the carrier's log of calls."
                return try await self.attemptFailed(call, .carrierFailed, errorMessage: message)
            }
        }
        try await self.giveUpWhereOverdue(call, watch)
    }

    /// The carrier cannot be asked: after a while the attempt counts as failed.
    private func giveUpWhereOverdue(_ call: CallRecord, _ watch: DialWatch) async throws(StoreError) {
        let patience = self.settings.ringTime + self.settings.silencePatience
        guard self.now().timeIntervalSince(watch.since) > patience / .seconds(1) else {
            return await self.expectFurther(call.callID)
        }
        let message = "The carrier could not be asked what became of the call. Check its API and its account."
        try await self.attemptFailed(call, .carrierFailed, errorMessage: message)
    }

    /// The call is on its way still: its place is kept.
    private func expectFurther(_ callID: String) async {
        guard let watch = self.watches[callID], watch.purpose == .ringing else { return }
        self.check(callID, after: watch.wasAnswered ? self.settings.firstCheck : self.settings.checkInterval)
        guard !watch.wasAnswered else { return }
        await self.switchboard.dialled(callID: callID, patience: self.settings.patience)
    }

    /// Looks for a call whose SID nobody told, and decides what it means that it is not there.
    private func searchOnce(_ call: CallRecord) async throws(StoreError) {
        let callID = call.callID
        let found = await self.search(callID)
        guard let watch = self.watches[callID] else { return }
        if found == .found { return self.check(callID, after: .zero) }
        let now = self.now()
        let age = Duration.seconds(now.timeIntervalSince(watch.dialledAt))
        if found == .absent, watch.isRecovered, watch.emptyLists >= 2, age >= self.settings.settling {
            self.logger.notice(
                "A call was not sent before the restart: it is sent now.",
                metadata: ["call_id": "\(callID)"]
            )
            return try await self.putBack(callID, attempt: call.attempt)
        }
        let seen = Duration.seconds(now.timeIntervalSince(watch.since))
        if age >= self.settings.ringTime + self.settings.searchPatience, seen >= self.settings.settling {
            let message =
                "The carrier did not confirm the call, and no sign of it came. Check its API and its log of calls."
            return try await self.attemptFailed(call, .carrierFailed, errorMessage: message)
        }
        self.check(callID, after: self.settings.searchInterval)
    }

    /// Looks for a call in the carrier's list, and adopts its SID.
    func search(_ callID: String) async -> Search {
        guard let line = self.line, let watch = self.watches[callID] else { return .unknown }
        let sameNumber = self.watches.values.filter { $0.number == watch.number && $0.callSID == nil }
        let states: [CarrierCallState]?
        do throws(CarrierError) {
            states = try await line.carrier.calls(to: watch.number, since: watch.dialledAt)
        } catch {
            self.report(error, callID)
            return .unknown
        }
        guard let states else { return .unknown }
        var candidates: [CarrierCallState] = []
        do throws(StoreError) {
            for state in states where !self.watches.values.contains(where: { $0.callSID == state.callSID }) {
                if try await self.store.call(sid: state.callSID) == nil { candidates.append(state) }
            }
        } catch {
            self.report(error, callID)
            return .unknown
        }
        guard let state = candidates.last else {
            self.watches[callID]?.emptyLists += 1
            return .absent
        }
        // Calls of the same number that are all without SID cannot be told apart: their callbacks name them.
        guard sameNumber.count <= 1 else { return .unknown }
        self.watches[callID]?.callSID = state.callSID
        self.watches[callID]?.emptyLists = 0
        return .found
    }
}
