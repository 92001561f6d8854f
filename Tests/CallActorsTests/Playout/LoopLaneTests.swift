import Testing

@testable import CallActors

@Suite struct LoopLaneTests {
    @Test("elements come out in order, and a finished lane is emptied first")
    func order() async {
        let lane = LoopLane<Int>(limit: 10)
        for number in 0..<5 { #expect(lane.send(number) == .queued) }
        lane.finish()
        #expect(lane.send(9) == .closed)
        var taken: [Int] = []
        for await number in lane { taken.append(number) }
        #expect(taken == [0, 1, 2, 3, 4])
    }

    @Test("a full lane gives up its oldest element and says so")
    func bound() async {
        let lane = LoopLane<Int>(limit: 3)
        #expect((0..<3).map { lane.send($0) } == [.queued, .queued, .queued])
        #expect(lane.send(3) == .displacedOldest)
        #expect(await lane.next() == 1)
        #expect(lane.clear() == 2)
        #expect(lane.isEmpty)
    }

    @MainActor
    @Test("a consumer that waits is woken by the next element and by the end")
    func waking() async {
        let lane = LoopLane<Int>(limit: 3)
        let taken = Task { @MainActor in
            var taken: [Int] = []
            for await number in lane { taken.append(number) }
            return taken
        }
        await Task.yield()
        lane.send(1)
        await Task.yield()
        lane.send(2)
        lane.finish()
        #expect(await taken.value == [1, 2])
    }

    @MainActor
    @Test("a body that is lent gets what waits, then each element inside of the sending, and nothing after the end")
    func lending() async {
        let lane = LoopLane<Int>(limit: 3)
        for number in 0..<4 { lane.send(number) }
        let log = Log()
        let consumer = Task { @MainActor in
            lane.lend {
                log.taken.append($0)
            } settle: {
                log.settled.append(log.taken.count)
            }
            await withUnsafeContinuation { lane.resumeAtEnd($0) }
        }
        await Task.yield()
        #expect(log.taken == [1, 2, 3])
        #expect(log.settled == [3])
        #expect(lane.send(4) == .queued)
        #expect(log.taken == [1, 2, 3, 4], "handed over by the time that it is sent")
        #expect(lane.isEmpty)
        lane.finish()
        #expect(lane.send(5) == .closed)
        await consumer.value
        #expect(log.taken == [1, 2, 3, 4])
        #expect(log.settled == [3])
    }

    @Test("a lane that was finished before it has a consumer hands over what waits")
    func lendingLate() async {
        let lane = LoopLane<Int>(limit: 3)
        lane.send(1)
        lane.finish()
        var taken: [Int] = []
        lane.lend {
            taken.append($0)
        } settle: {
        }
        #expect(taken == [1])
    }

    @MainActor
    private final class Log {
        var taken: [Int] = []
        var settled: [Int] = []
    }
}
