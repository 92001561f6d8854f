import NIOCore
import Wire

/// When the playout is asked again for what to send.
///
/// This is the one timer that runs for each piece of audio: it costs no object, and one that comes early enough stays.
extension CallSession {
    /// Asks the playout at `instant`, or before.
    func startPump(at instant: ContinuousClock.Instant) {
        if let alarm = self.pumpAlarm, alarm.at <= instant { return }
        self.stopPump()
        guard self.isLive else { return }
        self.pumpAlarm = self.loop.schedule(at: instant, PumpAlarm(entrance: self)).map { (instant, $0) }
    }

    func stopPump() {
        self.pumpAlarm?.timer.cancel()
        self.pumpAlarm = nil
    }

    package func pumpDue() {
        self.pumpAlarm = nil
        self.pump(due: .now)
    }
}

/// Rings for one session.
private struct PumpAlarm: NIOScheduledCallbackHandler, Sendable {
    let entrance: any CallEntrance

    func handleScheduledCallback(eventLoop: some EventLoop) { self.entrance.pumpDue() }
}
