import CallActors
import Foundation
import StandIns
import Synchronization
import Testing
import Wire

@testable import CallRouter

@Suite struct QueueChaosTests {
    /// What the handlers of one test have done with each call.
    private struct Ledger: Sendable {
        var runs: [String: Int] = [:]
        var done: Set<String> = []
    }

    @Test("two workers, faults of every kind and a Redis that is killed twice: every job ends, and none is lost")
    func chaos() async throws {
        let bed = try await QueueBed()
        let count = 120
        for index in 1...count {
            try await bed.client.add(
                "job-\(index)",
                priority: index % 4,
                options: ["backoff": ["type": "fixed", "delay": 20], "attempts": 50]
            )
        }
        let ledger = Record(Ledger())
        let random = Mutex(SeededGenerator(seed: 20_261_123))
        let handler = ScriptedHandler { order in
            let id = order.callID ?? ""
            ledger.update { ledger in
                ledger.runs[id, default: 0] += 1
            }
            await Task.yield()
            let number = random.withLock { Int.random(in: 0..<100, using: &$0) }
            switch number {
            case ..<15: return .fault("by chance")
            case ..<30: return .delay(until: Date(timeIntervalSinceNow: 0.05))
            case ..<40: return .refused("by chance")
            default:
                ledger.update { _ = $0.done.insert(id) }
                return .stored
            }
        }
        var settings = QueueBed.settings
        settings.lockTime = .milliseconds(600)
        settings.renewInterval = .milliseconds(300)
        settings.stalledInterval = .milliseconds(200)
        settings.idleTime = .milliseconds(200)
        // Both may die with a job in hand more than once.
        settings.maximumStalls = 20
        let pace = QueuePace(perSecond: 300)
        try await bed.running(bed.worker(handler, pace: pace, settings: settings)) {
            try await bed.running(bed.worker(handler, pace: pace, settings: settings)) {
                for orders in [30, 80] {
                    try await handler.begun(orders)
                    try await bed.server.kill()
                    try await bed.server.start()
                }
                let client = try bed.anotherClient()
                let states: JSONDocument = ["completed", "failed", "active", "wait", "prioritized", "delayed"]
                let ended: JSONDocument = [
                    "completed": 0, "failed": 0, "active": 0, "wait": 0, "prioritized": 0, "delayed": 0,
                ]
                let deadline = ContinuousClock.now + .seconds(90)
                var counts = ended
                while counts.ended != count, .now < deadline {
                    counts = try await client.ask("counts", ["states": states])
                }
                #expect(counts.ended == count, "\(counts)")
                for (name, place) in [("active", 0), ("wait", 0), ("prioritized", 0), ("delayed", 0)] {
                    #expect(counts.count(name) == place)
                }
                let dump = try await client.ask("dump")
                guard case .object(let keys) = dump else { return }
                #expect(keys.keys.allSatisfy { !$0.hasSuffix(":lock") })
                // What a handler has done is shown, but where an earlier run of the same job was refused.
                let completed = Set(dump.list("completed").compactMap(Self.member))
                let failed = Set(dump.list("failed").compactMap(Self.member))
                #expect(completed.isDisjoint(with: failed) && completed.count + failed.count == count)
                #expect(completed.isSubset(of: ledger.current.done))
            }
        }
        #expect(ledger.current.runs.count == count)
        #expect(bed.metering.errors.contains(.queue))
    }

    private static func member(_ entry: JSONDocument) -> String? {
        guard case .array(let pair) = entry else { return nil }
        return pair.first?.lenientText
    }
}

extension JSONDocument {
    /// Jobs that are over, in an answer that counts them by state.
    fileprivate var ended: Int { (self.count("completed") ?? 0) + (self.count("failed") ?? 0) }
}
