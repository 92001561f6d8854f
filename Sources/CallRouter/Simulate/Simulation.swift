import CallActors
import Foundation
import StandIns

/// One run of `simulate`: stand-ins, a router in this process, and calls through it.
struct Simulation: Sendable {
    let scenario: Scenario
    /// How long a call is to be; nil for as long as its scenario takes.
    let length: Duration?
    let callCount: Int
    /// The loopback port of the router's metrics; nil for none.
    let metricsPort: Int?
    let keepsData: Bool
    let console: SimulationConsole
    /// The router's DATA_DIR.
    let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("callrouter-simulate-\(UUID().uuidString.lowercased())")

    /// The plan of the n-th call, from 1; the stand-ins and the router are set up for the first one.
    private func plan(ofCall number: Int = 1) -> ScenarioPlan {
        ScenarioPlan(self.scenario, length: self.length, callNumber: number)
    }

    /// The pause between the starts of two calls, so that they do not run in step.
    private static let stagger = Duration.milliseconds(37)

    /// Plays all calls and returns their results in the order of their starts.
    func run() async throws -> [CallResult] {
        try FileManager.default.createDirectory(
            at: self.directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        if self.keepsData { self.console.note("DATA_DIR is kept: \(self.directory.path)") }
        // What cannot be removed lies in the folder of temporary files, where the system cleans up.
        defer { if !self.keepsData { try? FileManager.default.removeItem(at: self.directory) } }
        let plan = self.plan()
        let network = try await SimulatedNetwork.start(plan)
        let results: Result<[CallResult], any Error>
        do {
            results = .success(try await self.play(plan, network))
        } catch {
            results = .failure(error)
        }
        await network.stop()
        return try results.get()
    }

    /// Ends the process at once, without the DATA_DIR, because of a signal.
    ///
    /// The router may be writing: what it creates while the folder is being removed is removed in the next round.
    func abandon() -> Never {
        self.console.note("Interrupted.")
        if !self.keepsData {
            for _ in 0..<50 where FileManager.default.fileExists(atPath: self.directory.path) {
                // A file that appears in between makes a round fail; the next one takes it.
                try? FileManager.default.removeItem(at: self.directory)
            }
        }
        // Not `exit`: its handlers would wait for threads that go on.
        _exit(1)
    }

    private enum Part: Sendable {
        case router
        case calls([CallResult])
    }

    /// Runs the router for as long as the calls take.
    private func play(_ plan: ScenarioPlan, _ network: SimulatedNetwork) async throws -> [CallResult] {
        var environment = SimulatedRouter.environment(dataDirectory: self.directory.path, network: network)
            .merging(plan.environment) { $1 }
        if let metricsPort = self.metricsPort { environment["METRICS_PORT"] = String(metricsPort) }
        let observer = SimulationObserver(console: self.console)
        let router = try SimulatedRouter(environment: environment, observer: observer)
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await router.run()
                return .router
            }
            group.addTask {
                let port = try await router.port()
                return .calls(await self.calls(through: port, network))
            }
            var results: [CallResult]?
            while let part = try await group.next() {
                switch part {
                case .calls(let played):
                    results = played
                    router.stop()
                case .router:
                    guard let results else { throw SimulationError.routerStopped }
                    return results
                }
            }
            throw SimulationError.routerStopped
        }
    }

    private func calls(through port: Int, _ network: SimulatedNetwork) async -> [CallResult] {
        network.carrier.route(SimulatedRouter.authority, to: port)
        return await withTaskGroup(of: CallResult.self) { group in
            for number in 1...self.callCount {
                group.addTask {
                    // A simulation that is cancelled starts the rest of its calls at once, and they end at once.
                    try? await Task.sleep(for: Self.stagger * (number - 1))
                    let call = SimulatedCall(
                        number: number,
                        plan: self.plan(ofCall: number),
                        network: network,
                        router: RouterClient(port: port, token: SimulatedRouter.apiToken),
                        recordings: self.directory.appendingPathComponent("recordings"),
                        keepsData: self.keepsData
                    )
                    let result = await call.play()
                    self.console.finished(result)
                    return result
                }
            }
            var results: [CallResult] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.number < $1.number }
        }
    }
}

/// Why a simulation has no results.
enum SimulationError: Error, CustomStringConvertible {
    case routerStopped

    var description: String {
        switch self {
        case .routerStopped: "the router stopped before the calls were over; run it with LOG_LEVEL=info to see why"
        }
    }
}
