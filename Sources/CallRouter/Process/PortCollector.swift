/// Waits until every server listens, and then tells the ports once.
actor PortCollector {
    private let expectsMetrics: Bool
    private let onReady: @Sendable (BoundPorts) async -> Void
    private var main: Int?
    private var metrics: Int?

    init(expectsMetrics: Bool, onReady: @escaping @Sendable (BoundPorts) async -> Void) {
        self.expectsMetrics = expectsMetrics
        self.onReady = onReady
    }

    func bound(main port: Int) async {
        self.main = port
        await self.tell()
    }

    func bound(metrics port: Int) async {
        self.metrics = port
        await self.tell()
    }

    private func tell() async {
        guard let main = self.main, self.metrics != nil || !self.expectsMetrics else { return }
        await self.onReady(BoundPorts(main: main, metrics: self.metrics))
    }
}
