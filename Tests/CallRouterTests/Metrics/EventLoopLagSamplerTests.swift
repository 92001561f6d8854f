import CallRouter
import NIOCore
import NIOPosix
import Testing

@Suite struct EventLoopLagSamplerTests {
    @Test("a loop that is stuck is seen while it is, and remembered after")
    func stuckLoop() async throws {
        // One loop: a second one on a busy machine could be late by itself.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sampler = EventLoopLagSampler()
        #expect(sampler.worstLag == .zero)
        sampler.start(on: group)
        let loop = group.next()
        // Keeps the loop busy until the sampler, which looks from outside, says so.
        try await loop.submit { while sampler.worstLag < .milliseconds(150) {} }.get()
        // The overdue timer has run once a later task of the loop has.
        try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        #expect(sampler.worstLag >= .milliseconds(150))
        sampler.stop()
        #expect(sampler.worstLag == .zero)
        try await group.shutdownGracefully()
    }
}
