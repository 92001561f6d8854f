import CallActors
import Foundation
import StandIns

/// One run of `simulate`: stand-ins, a router in this process, and calls through it.
struct Simulation: Sendable {
    let plan: ScenarioPlan
    let callCount: Int
    let keepsData: Bool
    let console: SimulationConsole

    /// The pause between the starts of two calls, so that they do not run in step.
    private static let stagger = Duration.milliseconds(37)

    /// Plays all calls and returns their results in the order of their starts.
    func run() async throws -> [CallResult] {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("callrouter-simulate-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(
            at: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        if self.keepsData { self.console.note("DATA_DIR is kept: \(directory.path)") }
        defer { if !self.keepsData { try? FileManager.default.removeItem(at: directory) } }
        let model = try await StandInModel.start(settings: self.plan.model, script: Dialogue.script)
        let claude = try await StandInClaude.start(settings: self.plan.claude)
        let results: Result<[CallResult], any Error>
        do {
            results = .success(try await self.play(in: directory, model, claude))
        } catch {
            results = .failure(error)
        }
        await model.stop()
        await claude.stop()
        return try results.get()
    }

    private enum Part: Sendable {
        case router
        case calls([CallResult])
    }

    /// Runs the router for as long as the calls take.
    private func play(in directory: URL, _ model: StandInModel, _ claude: StandInClaude) async throws -> [CallResult] {
        let environment = SimulatedRouter.environment(dataDirectory: directory.path, model: model, claude: claude)
            .merging(self.plan.environment) { $1 }
        let observer = SimulationObserver(console: self.console)
        let router = try SimulatedRouter(environment: environment, observer: observer)
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await router.run()
                return .router
            }
            group.addTask {
                let port = try await router.port()
                return .calls(await self.calls(through: port, in: directory, model, claude))
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

    private func calls(
        through port: Int,
        in directory: URL,
        _ model: StandInModel,
        _ claude: StandInClaude
    ) async -> [CallResult] {
        var settings = CarrierSettings(routerPort: port)
        settings.publicURL = SimulatedRouter.publicURL
        settings.signingKey = SimulatedRouter.signingKey
        let carrier = StandInCarrier(settings: settings)
        return await withTaskGroup(of: CallResult.self) { group in
            for number in 1...self.callCount {
                group.addTask {
                    try? await Task.sleep(for: Self.stagger * (number - 1))
                    let call = SimulatedCall(
                        number: number,
                        plan: self.plan,
                        call: carrier.makeCall(),
                        model: model,
                        port: port,
                        recordings: directory.appendingPathComponent("recordings"),
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
