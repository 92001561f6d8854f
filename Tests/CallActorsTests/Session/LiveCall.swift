import NIOCore
import Wire

@testable import CallActors

/// A session that runs, with its first stream attached.
struct LiveCall {
    let bench: CallBench
    let session: CallSession
    let link: FakeCarrierLink
    let running: Task<CallSessionResult, Never>

    init(
        _ bench: CallBench = CallBench(),
        record: CallRecord = CallBench.record(),
        past: CallPast = CallPast(),
        format: AudioFormat = .pcmu,
        link: FakeCarrierLink = FakeCarrierLink()
    ) async {
        self.bench = bench
        self.link = link
        let session = bench.session(record, past: past)
        self.session = session
        self.running = Task { await session.run() }
        await session.attach(link, format: format, callSID: "CA1")
    }

    /// A call whose model is ready and was asked to greet.
    static func greeting(_ bench: CallBench = CallBench()) async -> (LiveCall, FakeModelLink) {
        let call = await LiveCall(bench)
        let model = await bench.connector.link()
        await model.request("greeting")
        return (call, model)
    }

    func receive(_ event: CarrierEvent) async {
        await self.session.receive(event, from: self.link.id, readAt: .now)
    }

    func hear(_ numbers: ClosedRange<Int>) async {
        for number in numbers { await self.receive(.media(payload: CallBench.frame(number))) }
    }

    /// Ends the call as the carrier does, and says why it ended.
    @discardableResult
    func stop() async -> CallEnd? {
        await self.receive(.stop)
        return await self.end()
    }

    func end() async -> CallEnd? {
        let result = await withTaskCancellationHandler {
            await self.running.value
        } onCancel: {
            // The test's time is up.
            let session = self.session
            session.loop.eventLoop.execute { session.assumeIsolated { $0.endNow(.crashed) } }
        }
        return if case .ended(let end) = result { end } else { nil }
    }

    /// Lets the loop run until this holds of the session, or the test's time is up.
    func turnLoop(until isSatisfied: @Sendable (isolated CallSession) -> Bool) async {
        while await !isSatisfied(self.session), !Task.isCancelled {
            try? await self.bench.loop.eventLoop.submit {}.get()
        }
    }
}
