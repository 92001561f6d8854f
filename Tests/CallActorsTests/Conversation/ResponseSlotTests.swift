import Testing
import Wire

@testable import CallActors

@Suite struct ResponseSlotTests {
    private func request(_ name: String) -> ModelResponseRequest { ModelResponseRequest(instructions: name) }

    @Test("a free slot sends at once, a taken one queues, and each end sends the next in order")
    func order() {
        var slot = ResponseSlot()
        #expect(slot.want(self.request("a")) == self.request("a"))
        #expect(slot.want(self.request("b")) == nil)
        #expect(slot.created(id: "r1") == self.request("a"))
        #expect(slot.want(self.request("c")) == nil)
        #expect(slot.done(id: "r1") == self.request("b"))
        slot.created(id: "r2")
        #expect(slot.done(id: "r2") == self.request("c"))
        slot.created(id: "r3")
        #expect(slot.done(id: "r3") == nil)
        #expect(slot.isIdle)
    }

    @Test("a request refused as busy before the other response is known waits for any end")
    func refusedBeforeCreated() {
        var slot = ResponseSlot()
        _ = slot.want(self.request("a"))
        slot.refusedAsBusy()
        #expect(slot.state == .busy)
        #expect(slot.isWaiting)
        #expect(slot.done(id: "whoever") == self.request("a"))
        #expect(slot.created(id: "r") == self.request("a"))
    }

    @Test("a request refused as busy after the other response was taken for its answer is sent at that one's end")
    func refusedAfterCreated() {
        var slot = ResponseSlot()
        _ = slot.want(self.request("a"))
        _ = slot.want(self.request("b"))
        #expect(slot.created(id: "other") == self.request("a"))
        slot.refusedAsBusy()
        #expect(slot.activeID == "other")
        #expect(slot.done(id: "other") == self.request("a"))
        slot.created(id: "r1")
        #expect(slot.done(id: "r1") == self.request("b"))
    }

    @Test("a late end, or that of another response, frees nothing")
    func lateDone() {
        var slot = ResponseSlot()
        #expect(slot.done(id: "nobody") == nil)
        _ = slot.want(self.request("a"))
        _ = slot.want(self.request("b"))
        #expect(slot.done(id: "nobody") == nil)
        slot.created(id: "r1")
        #expect(slot.done(id: "old") == nil)
        #expect(slot.activeID == "r1")
    }

    @Test("a request refused for good makes room for the next")
    func refused() {
        var slot = ResponseSlot()
        #expect(slot.refused() == nil)
        _ = slot.want(self.request("a"))
        _ = slot.want(self.request("b"))
        #expect(slot.refused() == self.request("b"))
        slot.created(id: "r")
        #expect(slot.refused() == nil, "what runs was not refused")
        #expect(slot.activeID == "r")
    }

    @Test("a lost session frees the slot and tells whether something was to come")
    func reset() {
        var slot = ResponseSlot()
        #expect(slot.reset() == false)
        _ = slot.want(self.request("a"))
        _ = slot.want(self.request("b"))
        #expect(slot.reset() == true)
        #expect(slot.isIdle)
        #expect(slot.want(self.request("c")) == self.request("c"))
    }

    @Test("what waits can be dropped, all of it or by purpose, and is bounded")
    func dropping() {
        var slot = ResponseSlot()
        for name in ["a", "b", "c"] { _ = slot.want(self.request(name)) }
        slot.dropWaiting { $0.instructions == "b" }
        slot.created(id: "r")
        #expect(slot.done(id: "r") == self.request("c"))
        for number in 0..<20 { _ = slot.want(self.request("\(number)")) }
        slot.created(id: "s")
        #expect(slot.done(id: "s") == self.request("12"), "the oldest of more than eight went")
        slot.dropWaiting()
        slot.created(id: "t")
        #expect(slot.done(id: "t") == nil)
    }

    @Test("no order of events ever has two requests out at once")
    func fuzz() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var slot = ResponseSlot()
            // Requests that the model has not confirmed, refused or finished.
            var out = 0
            for step in 0..<200 {
                switch random.int(0...5) {
                case 0, 1: if slot.want(self.request("\(step)")) != nil { out += 1 }
                case 2: if slot.created(id: "r\(random.int(0...3))") != nil { out -= 1 }
                case 3: if slot.done(id: "r\(random.int(0...3))") != nil { out += 1 }
                case 4:
                    if case .requested = slot.state { out -= 1 }
                    slot.refusedAsBusy()
                default:
                    if case .requested = slot.state {
                        out -= 1
                        if slot.refused() != nil { out += 1 }
                    } else {
                        #expect(slot.refused() == nil)
                    }
                }
                guard out == 0 || out == 1 else {
                    Issue.record("seed \(seed): \(out) requests are out")
                    return
                }
            }
        }
    }
}
