import StandIns

/// Everything around the router of a simulation: the phone network with its REST API, the voice model and Claude.
struct SimulatedNetwork: Sendable {
    let carrier: StandInCarrier
    let api: StandInCarrierAPI
    let model: StandInModel
    let claude: StandInClaude

    static func start(_ plan: ScenarioPlan) async throws -> SimulatedNetwork {
        // The router's port is not known yet; the carrier is told the way to it later.
        var settings = CarrierSettings(routerPort: 0)
        settings.publicURL = SimulatedRouter.publicURL
        settings.signingKey = SimulatedRouter.signingKey
        if case .outbound(let callee) = plan.direction { settings.callee = callee }
        let carrier = StandInCarrier(settings: settings)
        return SimulatedNetwork(
            carrier: carrier,
            api: try await StandInCarrierAPI.start(for: carrier),
            model: try await StandInModel.start(settings: plan.model, script: Dialogue.script),
            claude: try await StandInClaude.start(settings: plan.claude)
        )
    }

    func stop() async {
        await self.api.stop()
        await self.model.stop()
        await self.claude.stop()
    }
}
