import Wire

@testable import CallActors

/// A registry that runs for the length of a test.
struct RunningRegistry {
    let bench: CallBench
    let registry: CallRegistry
    let running: Task<Void, Never>

    init(_ bench: CallBench = CallBench()) {
        self.bench = bench
        let registry = bench.registry()
        self.registry = registry
        self.running = Task { await registry.run() }
    }

    /// Gives a new stream to the call.
    @discardableResult
    func admit(
        _ record: CallRecord = CallBench.record(),
        _ link: FakeCarrierLink = FakeCarrierLink(),
        callSID: String? = "CA1"
    ) async -> CallRegistry.Admission {
        await self.registry.admit(record, link: link, format: .pcmu, callSID: callSID, on: self.bench.loop)
    }

    /// A call that runs, with its model ready.
    func start(_ record: CallRecord = CallBench.record()) async -> (FakeCarrierLink, FakeModelLink) {
        let link = FakeCarrierLink()
        let count = self.bench.connector.links.events.count
        await self.admit(record, link)
        let model = await self.bench.connector.link(count)
        await model.request("greeting")
        return (link, model)
    }

    /// Fails the call's session by more orders than it takes.
    func overflow(_ model: FakeModelLink, response: String = "flood") {
        model.say(
            [.responseCreated(id: response, metadata: [:])]
                + (0..<100).map { number in
                    .functionCall(
                        ModelFunctionCall(
                            responseID: response,
                            itemID: "\(response)\(number)",
                            callID: "\(response)\(number)",
                            name: "consult_reasoner",
                            arguments: "{}"
                        )
                    )
                }
        )
    }

    /// Ends everything, and waits until it is stored.
    func finish() async {
        await self.registry.endAllNow()
        await self.registry.shutdown()
        await self.running.value
    }
}

extension CallRegistry {
    /// Refuses new calls and waits until no live one is left, as a signal does.
    func drain(deadline: Duration?) async {
        self.refuseCalls()
        await self.waitUntilDrained(deadline: deadline)
    }
}
