import NIOCore
import NIOPosix
import Testing

@testable import Wire

@Suite struct LoopExecutorTests {
    private actor Counter {
        nonisolated let loop: CallLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.unownedExecutor }
        private(set) var count = 0

        init(_ loop: CallLoop) { self.loop = loop }

        /// Whether this runs on the loop, after turns that each suspend.
        func add(times: Int) async -> Bool {
            var isOnLoop = true
            for _ in 0..<times {
                let before = self.count
                self.count = before + 1
                await Task.yield()
                isOnLoop = isOnLoop && self.loop.eventLoop.inEventLoop
            }
            return isOnLoop
        }
    }

    @Test("tasks of an actor run on its loop and nowhere else, wherever they begin", arguments: [false, true])
    func staysOnLoop(prefersLoop: Bool) async {
        let loop = CallLoop(MultiThreadedEventLoopGroup.singleton.any())
        let counter = Counter(loop)
        let stayed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask(executorPreference: prefersLoop ? loop.taskExecutor : nil) {
                    await counter.add(times: 50)
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(stayed)
        #expect(await counter.count == 1000)
    }

    @Test("handlers of the loop enter its actors directly, and tasks of another CallLoop of the same loop get there")
    func entersDirectly() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let counter = Counter(CallLoop(eventLoop))
        let count = try await eventLoop.submit { counter.assumeIsolated { $0.count } }.get()
        #expect(count == 0)
        let other = try await eventLoop.submit { CallLoop(eventLoop) }.get()
        let stayed = await Task(executorPreference: other.taskExecutor) { await counter.add(times: 10) }.value
        #expect(stayed)
    }
}
