import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct SummaryQueueTests {
    private let now = Samples.start

    @Test("no more run than may, the longest due first")
    func boundsRunning() {
        var queue = SummaryQueue(capacity: 100, maximumRunning: 2)
        for (callID, delay) in [("c", 3.0), ("a", 1), ("b", 2)] { queue.add(self.job(callID, after: delay)) }
        #expect(queue.nextDue == self.now.addingTimeInterval(1))
        #expect(queue.takeDue(at: self.now).isEmpty)
        let later = self.now.addingTimeInterval(10)
        #expect(queue.takeDue(at: later).map(\.callID) == ["a", "b"])
        #expect(queue.takeDue(at: later).isEmpty)
        #expect(queue.nextDue == nil, "only an end changes anything")
        queue.settled("a", again: nil)
        #expect(queue.takeDue(at: later).map(\.callID) == ["c"])
        queue.settled("b", again: nil)
        queue.settled("c", again: nil)
        #expect(queue.count == 0)
    }

    @Test("a call is in it once, waiting or running")
    func once() {
        var queue = SummaryQueue(capacity: 100, maximumRunning: 2)
        queue.add(self.job("a"))
        queue.add(self.job("a", after: 9))
        #expect(queue.count == 1)
        #expect(queue.takeDue(at: self.now).count == 1)
        queue.add(self.job("a"))
        #expect(queue.count == 1)
        #expect(queue.takeDue(at: self.now).isEmpty)
    }

    @Test("what finds no room is asked for again when half of it is free")
    func capacity() {
        var queue = SummaryQueue(capacity: 4, maximumRunning: 4)
        for index in 0..<6 { queue.add(self.job("\(index)")) }
        #expect(queue.count == 4)
        #expect(!queue.needsScan)
        for job in queue.takeDue(at: self.now) { queue.settled(job.callID, again: nil) }
        #expect(queue.needsScan)
        queue.scanned(isComplete: true)
        #expect(!queue.needsScan)
    }

    @Test("while draining each call is tried once, and those that wait are left")
    func draining() {
        var queue = SummaryQueue(capacity: 100, maximumRunning: 1)
        queue.add(self.job("due"))
        queue.add(self.job("waits", after: 60))
        queue.beginDraining()
        #expect(!queue.isDrained(at: self.now))
        #expect(queue.takeDue(at: self.now).map(\.callID) == ["due"])
        #expect(!queue.isDrained(at: self.now), "it runs")
        queue.settled("due", again: self.job("due"))
        #expect(queue.isDrained(at: self.now))
        #expect(queue.takeDue(at: self.now).isEmpty)
        queue.add(self.job("new"))
        #expect(!queue.isDrained(at: self.now), "a call that ends during the drain has its turn")
        #expect(queue.takeDue(at: self.now).map(\.callID) == ["new"])
        queue.settled("new", again: nil)
        #expect(queue.isDrained(at: self.now))
    }

    private func job(_ callID: String, after seconds: Double = 0) -> SummaryJob {
        let due = self.now.addingTimeInterval(seconds)
        return SummaryJob(callID: callID, retry: SummaryRetry(policy: .init(patience: .seconds(60)), now: due))
    }
}
