/// The way in for handlers that already run on the call's loop.
extension CallSession {
    /// Runs `body` in the actor, at once; to be called on the loop of the call, else the process stops.
    ///
    /// It is what `assumeIsolated` does. That is generic over its result and rethrows, which costs two allocations each
    /// time, and this happens several times for each frame.
    package nonisolated func enter(_ body: (isolated CallSession) -> Void) {
        self.preconditionIsolated()
        withoutActuallyEscaping(body) { body in
            // Sound because isolation has no part in how a function is called: an isolated parameter is passed as any
            // other, and that we run isolated to it has just been checked.
            unsafeBitCast(body, to: ((CallSession) -> Void).self)(self)
        }
    }
}
