import Testing

@testable import CallActors

@Suite struct MarkLedgerTests {
    private let start = ContinuousClock.now

    @Test("the first audio of a generation is marked, then each interval")
    func due() {
        var ledger = MarkLedger()
        #expect(ledger.isDue(at: 0, interval: 4000))
        _ = ledger.issue(position: 480, expectedAt: self.start)
        #expect(!ledger.isDue(at: 4479, interval: 4000))
        #expect(ledger.isDue(at: 4480, interval: 4000))
        ledger.cleared(at: self.start)
        #expect(ledger.isDue(at: 481, interval: 4000))
    }

    @Test("names never repeat, also across clears")
    func names() {
        var ledger = MarkLedger(prefix: "x")
        var names: Set<String> = []
        for round in 0..<200 {
            names.insert(ledger.issue(position: round, expectedAt: self.start))
            if round % 7 == 0 { ledger.cleared(at: self.start) }
        }
        #expect(names.count == 200)
        #expect(names.allSatisfy { $0.hasPrefix("x") })
    }

    @Test("a mark comes back once; unknown ones and those of an earlier generation are ignored")
    func once() {
        var ledger = MarkLedger()
        let first = ledger.issue(position: 1, expectedAt: self.start)
        #expect(ledger.returned("nobody") == nil)
        #expect(ledger.returned(first)?.position == 1)
        #expect(ledger.returned(first) == nil)
        let second = ledger.issue(position: 2, expectedAt: self.start)
        ledger.cleared(at: self.start)
        #expect(ledger.returned(second) == nil)
        #expect(ledger.isEmpty)
    }

    @Test("a mark that comes back stands for those before it")
    func order() {
        var ledger = MarkLedger()
        let first = ledger.issue(position: 1, expectedAt: self.start)
        let second = ledger.issue(position: 2, expectedAt: self.start)
        _ = ledger.issue(position: 3, expectedAt: self.start)
        #expect(ledger.returned(second)?.position == 2)
        #expect(ledger.returned(first) == nil, "it is late news")
        #expect(!ledger.isEmpty)
    }

    @Test("what lies behind a mark that is out was not heard, until the mark lapses")
    func bound() {
        var ledger = MarkLedger()
        #expect(ledger.bound(at: self.start) == nil)
        let first = ledger.issue(position: 480, expectedAt: self.start)
        _ = ledger.issue(position: 4480, expectedAt: self.start + .milliseconds(500))
        #expect(ledger.bound(at: self.start + .milliseconds(1999)) == 480)
        #expect(ledger.bound(at: self.start + .seconds(2)) == nil)
        _ = ledger.returned(first)
        #expect(ledger.bound(at: self.start + .seconds(2)) == 4480)
    }

    @Test("a carrier that let marks lapse is not waited for again until it sends one back")
    func ignored() {
        var ledger = MarkLedger()
        _ = ledger.issue(position: 480, expectedAt: self.start)
        ledger.cleared(at: self.start + .seconds(3))
        let next = ledger.issue(position: 960, expectedAt: self.start + .seconds(3))
        #expect(ledger.bound(at: self.start + .seconds(3)) == nil)
        _ = ledger.returned(next)
        _ = ledger.issue(position: 2000, expectedAt: self.start + .seconds(4))
        #expect(ledger.bound(at: self.start + .seconds(4)) == 2000)
    }

    @Test("marks that never come back are bounded")
    func bounded() {
        var ledger = MarkLedger()
        var names: [String] = []
        for position in 0..<1000 { names.append(ledger.issue(position: position, expectedAt: self.start)) }
        #expect(ledger.returned(names[0]) == nil)
        #expect(ledger.returned(names[999])?.position == 999)
        #expect(ledger.isEmpty)
    }
}
