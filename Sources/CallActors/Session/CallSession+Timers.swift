import Foundation
import NIOCore
import Wire

/// The timers of a call, all on its loop.
extension CallSession {
    func start(_ key: TimerKey, after delay: Duration) { self.start(key, at: .now + delay) }

    func start(_ key: TimerKey, at instant: ContinuousClock.Instant) {
        self.timers[key]?.cancel()
        // A timer would keep a session that is over.
        guard self.result == nil, self.isLive || key == .lastWords else { return }
        self.timers[key] = self.loop.schedule(at: instant, CallTimer(entrance: self, key: key))
    }

    func stop(_ key: TimerKey) { self.timers.removeValue(forKey: key)?.cancel() }

    package func timerDue(_ key: TimerKey) {
        self.timers[key] = nil
        if key == .lastWords { return self.finish() }
        guard self.isLive else { return }
        switch key {
        case .conversation(let timer): self.tell(.timer(timer))
        case .silence: self.checkSilence()
        case .stale: self.checkStale()
        case .resume: self.giveUpWaiting()
        case .maxDuration: self.reachLimit(.maxDuration)
        case .modelRetry: if self.supervision.retryDue() == .open { self.orderModel() }
        case .modelSetUp: self.modelGone(.reconnect, reason: "not configured in time")
        case .rollover: self.rollOverWhenQuiet()
        case .transfer: self.transferDue()
        case .keypad: self.pressNext()
        // Handled above, for a call that is not live any more.
        case .lastWords: break
        }
    }
}

/// Goes off once for one session.
private struct CallTimer: NIOScheduledCallbackHandler, Sendable {
    let entrance: any CallEntrance
    let key: CallSession.TimerKey

    func handleScheduledCallback(eventLoop: some EventLoop) { self.entrance.timerDue(self.key) }
}
