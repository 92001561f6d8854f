import CallActors
import Foundation
import Logging
import Synchronization
import Testing

@testable import CallRouter

/// A dialler on a real embedded store, between a carrier and a switchboard that a test decides about; time jumps.
struct DialBed {
    let directory: TemporaryDirectory
    let store: SQLiteStore
    /// The store as the dialler sees it: a test makes it fail.
    let access: FlakyDialStore
    let carrier: CarrierDouble
    let switchboard: SwitchboardDouble
    let numbers = NumbersDouble()
    let metering = FakeMetering()
    let time = VirtualTime(jumps: true)
    var settings: DialSettings

    static let number = "+15551234567"

    init(retryMinutes: [Int] = [30, 60], callsPerSecond: Double = 1) throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        let time = self.time
        self.directory = directory
        self.store = store
        self.access = FlakyDialStore(store)
        self.carrier = CarrierDouble { time.date }
        self.switchboard = SwitchboardDouble(store: store) { time.date }
        self.settings = DialSettings(callsPerSecond: callsPerSecond, rules: DialRules(retryMinutes: retryMinutes))
    }

    /// A dialler of a new process.
    func makeDialler(hasCarrier: Bool = true) throws -> Dialler {
        let time = self.time
        let line = DialLine(
            carrier: self.carrier,
            number: "+15550001111",
            publicURL: try PublicURL("https://router.example/base"),
            fallbackURL: nil
        )
        return Dialler(
            store: self.access,
            switchboard: self.switchboard,
            numbers: self.numbers,
            line: hasCarrier ? line : nil,
            settings: self.settings,
            metering: self.metering,
            logger: .silent,
            clock: time,
            now: { time.date },
            jitter: { 1 }
        )
    }

    func makeDesk(_ dialler: Dialler) -> CarrierDesk {
        CarrierDesk(dialler: dialler, store: self.access, metering: self.metering, logger: .silent)
    }

    /// Queues a call that is due.
    func order(_ callID: String, to number: String = Self.number, dialAt: Date? = nil) async throws {
        var call = CallRecord(callID: callID, direction: .outbound, status: .queued, createdAt: self.time.date)
        call.to = number
        call.from = "+15550001111"
        call.callType = "follow_up"
        call.objective = "Ask."
        call.dialAt = dialAt ?? self.time.date
        #expect(try await self.store.insert(call, idempotency: nil) == .inserted)
    }

    func call(_ callID: String) async throws -> CallRecord { try #require(try await self.store.call(id: callID)) }

    /// Dials everything that is due within `span`, and looks at what is watched on the way.
    func run(_ dialler: Dialler, for span: Duration = .zero) async {
        let end = self.time.date.addingTimeInterval(span / .seconds(1))
        while true {
            var next = Date.distantFuture
            switch await dialler.nextStep() {
            case .again: continue
            case .place(let call, let number):
                await dialler.place(call, to: number)
                continue
            case .wait(let until): next = until
            }
            let seen = self.switchboard.log.count
            next = min(next, await dialler.lookAtDue())
            // What was put back into the queue wakes the dialler.
            if self.switchboard.log.count != seen { continue }
            guard next <= end else { break }
            self.time.advance(by: .seconds(max(0.001, next.timeIntervalSince(self.time.date))))
        }
        self.time.advance(by: .seconds(max(0, end.timeIntervalSince(self.time.date))))
    }

    static func update(
        _ callID: String?,
        _ sid: String,
        _ status: CarrierCallStatus,
        _ sequence: Int? = nil,
        seconds: Int? = nil
    ) -> CarrierStatusUpdate {
        CarrierStatusUpdate(
            callSID: sid,
            callID: callID,
            status: status,
            sequenceNumber: sequence,
            durationSeconds: seconds
        )
    }
}
