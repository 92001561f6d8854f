import CallRouter
import Testing

@Suite struct WakeSignalTests {
    @Test("a signal before the wait is kept, and several count as one")
    func kept() async {
        let signal = WakeSignal()
        signal.signal()
        signal.signal()
        await signal.wait()
        let waiting = Task { await signal.wait() }
        signal.signal()
        await waiting.value
    }

    @Test("a cancelled wait returns, before it began or after")
    func cancelled() async {
        for _ in 0..<200 {
            let signal = WakeSignal()
            let waiting = Task { await signal.wait() }
            waiting.cancel()
            await waiting.value
        }
    }

    @Test("every signal of many threads reaches the one waiter")
    func contended() async {
        let signal = WakeSignal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { signal.signal() } } }
            group.addTask { await signal.wait() }
        }
    }
}
