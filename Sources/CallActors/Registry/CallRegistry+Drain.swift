import Synchronization

/// Refusing calls, and waiting for the ones that are there.
extension CallRegistry {
    /// Refuses new calls until ``undrain()``.
    package func refuseCalls() { self.draining.store(true, ordering: .relaxed) }

    /// Waits until no live call is left.
    ///
    /// ``undrain()`` ends the wait.
    ///
    /// - Parameter deadline: Then the model says goodbye in the calls that are left; nil waits for their own end.
    package func waitUntilDrained(deadline: Duration?) async {
        guard let deadline else { return await self.waitUntilEmpty() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitUntilEmpty() }
            group.addTask {
                do { try await Task.sleep(for: deadline) } catch { return }
                await self.sayGoodbye()
                await self.waitUntilEmpty()
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Takes calls again.
    package func undrain() {
        self.draining.store(false, ordering: .relaxed)
        self.closing = nil
        self.resumeWaiters()
    }

    /// Ends every live call at once, without a goodbye.
    package func endAllNow() async {
        self.draining.store(true, ordering: .relaxed)
        self.closing = .now
        for entry in self.live.values { await entry.session.endNow(.drained) }
    }

    private func sayGoodbye() async {
        if self.closing == nil { self.closing = .goodbye }
        for entry in self.live.values { await entry.session.reachLimit(.drained) }
    }

    private func waitUntilEmpty() async {
        guard !self.isIdle else { return }
        await withCheckedContinuation { self.whenEmpty.append($0) }
    }

    func resumeWaiters() {
        let waiters = self.whenEmpty
        self.whenEmpty = []
        for waiter in waiters { waiter.resume() }
    }
}
