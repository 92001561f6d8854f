import NIOCore

/// Measures once a second how late the event loops run what is due.
struct ProcessMonitor: Sendable {
    let eventLoopGroup: any EventLoopGroup
    /// Takes the lag of the slowest loop.
    let observe: @Sendable (Duration) -> Void

    /// Measures until its task is cancelled.
    func run() async {
        let loops = Array(self.eventLoopGroup.makeIterator())
        while !Task.isCancelled {
            var worst = Duration.zero
            for loop in loops {
                let asked = ContinuousClock.now
                guard let ran = try? await loop.submit({ ContinuousClock.now }).get() else { return }
                worst = max(worst, asked.duration(to: ran))
            }
            self.observe(worst)
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }
}
