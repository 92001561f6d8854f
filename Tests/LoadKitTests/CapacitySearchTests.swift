import LoadKit
import Testing

@Suite("Capacity search")
struct CapacitySearchTests {
    /// Runs a search against a router that carries what `carries` says; gives its result and the runs that it took.
    private func search(
        start: Int,
        limit: Int = 4_000,
        carries: (Int) -> Bool
    ) -> (calls: Int, runs: [Int]) {
        var search = CapacitySearch(start: start, limit: limit)
        var runs: [Int] = []
        while case .measure(let calls) = search.next {
            runs.append(calls)
            search.record(calls: calls, isCarried: carries(calls))
            if runs.count > 100 { break }
        }
        guard case .done(let calls) = search.next else { return (-1, runs) }
        return (calls, runs)
    }

    @Test("Doubles, halves the gap, and has the best confirmed")
    func doublesHalvesTheGapAndHasTheBestConfirmed() {
        let result = self.search(start: 100) { $0 <= 640 }
        #expect(result.runs == [100, 200, 400, 800, 600, 700, 650, 630, 630])
        #expect(result.calls == 630)
    }

    @Test("Finds every capacity to within 4 percent or ten calls, in few runs", arguments: 10...700)
    func findsEveryCapacityClosely(capacity: Int) {
        let result = self.search(start: 100) { $0 <= capacity }
        #expect(result.calls <= capacity)
        #expect(Double(capacity - result.calls) <= max(10, Double(capacity) * 0.04))
        #expect(result.runs.count <= 14)
    }

    @Test("Goes down where the first run fails, and ends at 0 where ten calls are too many")
    func goesDownWhereTheFirstRunFails() {
        #expect(self.search(start: 400) { $0 <= 60 }.calls == 60)
        #expect(self.search(start: 400) { _ in false }.calls == 0)
    }

    @Test("Stops at the limit, confirmed")
    func stopsAtTheLimit() {
        let result = self.search(start: 100, limit: 300) { _ in true }
        #expect(result.calls == 300)
        #expect(result.runs == [100, 200, 300, 300])
    }

    @Test("A best that fails when it is confirmed gives way to less")
    func aBestThatFailsGivesWay() {
        var attempts = 0
        let result = self.search(start: 100) { calls in
            guard calls == 630 else { return calls <= 640 }
            attempts += 1
            return attempts == 1
        }
        #expect(result.calls < 630)
        #expect(result.calls >= 600)
    }

    @Test("Ends with a number that was carried twice and never failed, whatever the noise", arguments: 1...200)
    func endsWhateverTheNoise(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        var outcomes: [Int: [Bool]] = [:]
        let result = self.search(start: 80) { calls in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let capacity = 400 + Int(state >> 33) % 100
            outcomes[calls, default: []].append(calls <= capacity)
            return calls <= capacity
        }
        #expect(result.calls >= 0)
        guard result.calls > 0 else { return }
        #expect(outcomes[result.calls] == [true, true])
    }
}
