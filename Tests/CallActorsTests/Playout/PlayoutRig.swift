import NIOCore
import Wire

@testable import CallActors

/// A playout with a simulated carrier behind it, in virtual time: wake-ups come late, marks come back.
struct PlayoutRig {
    var playout: Playout
    var carrier: SimulatedCarrier
    private(set) var now = ContinuousClock.now
    private(set) var wakeUps = 0
    private var wake: ContinuousClock.Instant?
    private var random: SeededRandom
    private let wakeJitter: ClosedRange<Int>

    init(
        format: AudioFormat = .pcmu,
        carrierDelay: Duration = .zero,
        wakeJitter: ClosedRange<Int> = 0...0,
        seed: UInt64 = 1
    ) {
        self.playout = Playout(format: format)
        self.carrier = SimulatedCarrier(format: format, delay: carrierDelay)
        self.wakeJitter = wakeJitter
        self.random = SeededRandom(seed: seed)
    }

    mutating func deliver(_ audio: [UInt8], item: String = "item", response: String = "response") {
        self.playout.enqueue(responseID: response, itemID: item, audio: ByteBuffer(bytes: audio), at: self.now)
        self.pump()
    }

    mutating func finish(item: String = "item") {
        self.playout.finish(itemID: item)
        self.pump()
    }

    mutating func interrupt() -> [Playout.Cut] {
        let cuts = self.playout.interrupt(at: self.now).cuts
        self.wake = nil
        for name in self.carrier.clear(at: self.now) { self.playout.markReturned(name, at: self.now) }
        return cuts
    }

    /// The stream is gone; the next one begins with the next ``pump()``.
    mutating func loseStream() {
        self.playout.detach(at: self.now)
        self.carrier = SimulatedCarrier(format: self.playout.format)
        self.wake = nil
    }

    mutating func pump() {
        self.wakeUps += 1
        while true {
            switch self.playout.next(at: self.now) {
            case .audio(let audio, let mark, _):
                self.carrier.receive(audio: audio, at: self.now)
                if let mark { self.carrier.receive(mark: mark, at: self.now) }
            case .mark(let mark): self.carrier.receive(mark: mark, at: self.now)
            case .wait(let until):
                self.wake = until + self.random.milliseconds(self.wakeJitter)
                return
            case .idle:
                self.wake = nil
                return
            }
        }
    }

    /// Lets time pass: everything that is due happens at its time.
    mutating func advance(by duration: Duration) {
        let end = self.now + duration
        while true {
            let next = [self.wake, self.carrier.nextMark].compactMap(\.self).min()
            guard let next, next <= end else { break }
            self.now = max(self.now, next)
            for mark in self.carrier.marksBack(by: self.now) { self.playout.markReturned(mark.name, at: mark.at) }
            if let wake = self.wake, wake <= self.now {
                self.wake = nil
                self.pump()
            }
        }
        self.now = end
    }
}
