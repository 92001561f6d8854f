import Testing

@testable import CallRouter

@Suite("The drain")
struct DrainStateTests {
    private func state(after events: DrainState.Event...) -> DrainState {
        var state = DrainState(drainTime: .seconds(330))
        for event in events { _ = state.handle(event) }
        return state
    }

    @Test("the first signal refuses new calls and waits for the live ones, then the process finishes")
    func drain() {
        var state = self.state()
        #expect(!state.isDraining)
        #expect(state.handle(.terminate) == [.drain(deadline: .seconds(330), generation: 1)])
        #expect(state.isDraining)
        #expect(state.handle(.drained(generation: 1)) == [.finish])
        #expect(state.phase == .finishing)
        #expect(!state.isHurried)
    }

    @Test("a second signal ends live calls, and further ones change nothing")
    func hurry() {
        var state = self.state(after: .terminate)
        #expect(state.handle(.terminate) == [.endCalls])
        #expect(state.isHurried)
        #expect(state.handle(.terminate) == [])
        #expect(state.handle(.drained(generation: 1)) == [.finish])
        #expect(state.handle(.terminate) == [])
    }

    @Test("a second signal also hurries a process that is storing what is left")
    func hurryWhileFinishing() {
        var state = self.state(after: .terminate, .drained(generation: 1))
        #expect(state.handle(.terminate) == [.endCalls])
        #expect(state.isHurried)
        #expect(state.handle(.terminate) == [])
    }

    @Test("holding refuses calls without a deadline and without an end, and can be taken back")
    func hold() {
        var state = self.state()
        #expect(state.handle(.hold) == [.drain(deadline: nil, generation: 1)])
        #expect(state.isDraining)
        #expect(state.handle(.drained(generation: 1)) == [], "it does not stop")
        #expect(state.handle(.hold) == [])
        #expect(state.handle(.release) == [.undrain])
        #expect(!state.isDraining)
        #expect(state.handle(.release) == [])
    }

    @Test("a held process still stops when it is told to")
    func holdThenTerminate() {
        var state = self.state(after: .hold)
        #expect(state.handle(.terminate) == [.drain(deadline: .seconds(330), generation: 2)])
        #expect(state.handle(.drained(generation: 1)) == [], "the end of the hold is not that of the drain")
        #expect(state.handle(.release) == [], "only a hold can be taken back")
        #expect(state.handle(.hold) == [])
        #expect(state.handle(.drained(generation: 2)) == [.finish])
    }

    @Test("the end of a hold that was taken back does not stop a running process")
    func lateEnd() {
        var state = self.state(after: .hold, .release)
        #expect(state.handle(.drained(generation: 1)) == [])
        #expect(state.phase == .running)
        #expect(state.handle(.hold) == [.drain(deadline: nil, generation: 2)])
    }

    @Test("whatever comes in whatever order: it finishes once, only after a signal to stop, and drains before it")
    func property() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            var state = DrainState(drainTime: .seconds(1))
            var generation = 0
            var finishCount = 0
            var wasTold = false
            var refuses = false
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let choice = Int.random(in: 0...3, using: &random)
                let event: DrainState.Event =
                    switch choice {
                    case 0: .terminate
                    case 1: .hold
                    case 2: .release
                    default: .drained(generation: Int.random(in: 0...(generation + 1), using: &random))
                    }
                if event == .terminate { wasTold = true }
                for action in state.handle(event) {
                    switch action {
                    case .drain(let deadline, let next):
                        #expect(next == generation + 1)
                        #expect((deadline == nil) == (event == .hold))
                        generation = next
                        refuses = true
                    case .undrain: refuses = false
                    case .endCalls: #expect(wasTold && refuses)
                    case .finish:
                        finishCount += 1
                        #expect(wasTold && refuses)
                    }
                }
                #expect(state.isDraining == refuses)
            }
            #expect(finishCount <= 1)
        }
    }
}
