import Testing
import Wire

@testable import CallActors

@Suite struct ModelSupervisionTests {
    private let start = ContinuousClock.now

    private func wait(_ action: ModelSupervision.Action) -> Duration? {
        if case .tryAgain(let wait) = action { wait } else { nil }
    }

    @Test("a call opens one session when it begins, and another only when that one is gone")
    func opens() {
        var supervision = ModelSupervision()
        #expect(supervision.begin() == .open)
        #expect(supervision.begin() == .none)
        #expect(supervision.retryDue() == .none)
        supervision.opened(at: self.start)
        #expect(supervision.isReady)
        #expect(supervision.begin() == .none)
        #expect(
            supervision.lost(.reconnect, at: self.start + .seconds(60), jitter: 0.5)
                == .tryAgain(after: .milliseconds(100))
        )
        #expect(supervision.lost(.reconnect, at: self.start + .seconds(60), jitter: 0.5) == .none, "told twice")
        #expect(supervision.retryDue() == .open)
        #expect(supervision.retryDue() == .none)
    }

    @Test("attempts that fail wait longer each time, with jitter, and end after about twelve seconds")
    func backoff() {
        for jitter in [-3.0, 0, 0.25, 1, 7] {
            var supervision = ModelSupervision()
            _ = supervision.begin()
            var waits: [Duration] = []
            while let wait = self.wait(supervision.lost(.reconnect, at: self.start, jitter: jitter)) {
                waits.append(wait)
                #expect(supervision.retryDue() == .open)
            }
            #expect(supervision.phase == .givenUp)
            #expect(waits.count == 7)
            #expect(waits == waits.sorted())
            let total = waits.reduce(.zero, +)
            #expect(total >= .seconds(8) && total <= .seconds(15))
        }
    }

    @Test("a session that held for ten seconds forgives the failures before it")
    func forgives() {
        var supervision = ModelSupervision()
        _ = supervision.begin()
        for _ in 0..<5 {
            _ = supervision.lost(.reconnect, at: self.start, jitter: 0.5)
            _ = supervision.retryDue()
        }
        supervision.opened(at: self.start)
        #expect(
            self.wait(supervision.lost(.reconnect, at: self.start + .seconds(10), jitter: 0.5)) == .milliseconds(100)
        )
        _ = supervision.retryDue()
        supervision.opened(at: self.start)
        #expect(
            self.wait(supervision.lost(.reconnect, at: self.start + .seconds(9), jitter: 0.5)) == .milliseconds(250)
        )
    }

    @Test("a call whose good sessions keep going is given up in the end")
    func reconnectLimit() {
        var supervision = ModelSupervision()
        _ = supervision.begin()
        var sessions = 0
        while sessions < 100 {
            supervision.opened(at: self.start)
            sessions += 1
            if supervision.lost(.reconnect, at: self.start + .seconds(60), jitter: 0) == .giveUp { break }
            _ = supervision.retryDue()
        }
        #expect(sessions == 21)
    }

    @Test("a fatal cause gives up at once, and a busy provider is given four times as long")
    func causes() {
        var fatal = ModelSupervision()
        _ = fatal.begin()
        #expect(fatal.lost(.fatal, at: self.start, jitter: 0) == .giveUp)
        #expect(fatal.retryDue() == .none && fatal.begin() == .none && fatal.rollOver() == .none)
        var busy = ModelSupervision()
        _ = busy.begin()
        #expect(self.wait(busy.lost(.backOff, at: self.start, jitter: 0.5)) == .milliseconds(400))
    }

    @Test("a session is rolled over only when it is there, and is no failure")
    func rollOver() {
        var supervision = ModelSupervision()
        #expect(supervision.rollOver() == .none)
        _ = supervision.begin()
        #expect(supervision.rollOver() == .none)
        supervision.opened(at: self.start)
        #expect(supervision.rollOver() == .open)
        #expect(supervision.phase == .opening)
        supervision.opened(at: self.start)
        #expect(self.wait(supervision.lost(.reconnect, at: self.start, jitter: 0.5)) == .milliseconds(100))
    }

    @Test("starting over replaces a session that is there or on its way, and nothing else")
    func startOver() {
        var supervision = ModelSupervision()
        #expect(supervision.startOver() == .none)
        _ = supervision.begin()
        #expect(supervision.startOver() == .open)
        supervision.opened(at: self.start)
        #expect(supervision.startOver() == .open)
        _ = supervision.lost(.reconnect, at: self.start, jitter: 0)
        #expect(supervision.startOver() == .none, "the next attempt is on its way already")
        supervision.giveUp()
        #expect(supervision.startOver() == .none)
        supervision.opened(at: self.start)
        #expect(!supervision.isReady, "news of a socket that nobody waits for")
    }
}
