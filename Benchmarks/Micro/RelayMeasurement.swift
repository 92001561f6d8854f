import CAllocations
import Foundation
import Glibc
import NIOCore
import Wire

/// What a frame costs on its whole way through the real router: read, decoded, handed over, framed, written.
///
/// One call, one frame at a time in the pace of a call, so that each allocation belongs to a frame. What the router
/// allocates meanwhile without a frame (its timers, its sampler) is measured before and taken off. Time is not measured
/// here: `Benchmarks load` does that with many calls.
final class RelayMeasurement {
    /// What was allocated in a number of whole seconds.
    private struct Growth {
        var seconds: Int
        var count: Double
        var bytes: Double
    }

    private static let windows = 5
    /// A little less than two seconds of frames.
    private static let windowFrames = 95
    /// How often the router's most frequent timers run (its sampler of event-loop lag), in microseconds.
    private static let tick = 100_000
    private static let second: UInt64 = 1_000_000_000

    private let router: MeasuredRouter
    private let carrier: BlockingSocket
    private let model: BlockingSocket
    private var due = MonotonicTime.now
    /// Allocations and bytes of one second without a frame.
    private var idle = (count: 0.0, bytes: 0.0)

    /// Starts a router and brings a call up in it.
    init() throws {
        let (listener, port) = try Loopback.listen()
        defer { close(listener) }
        self.router = try MeasuredRouter(modelPort: port)
        self.carrier = try BlockingSocket(port: self.router.port, path: "/media-stream")
        try self.carrier.send(MicroMessages.start)
        self.model = try BlockingSocket(accepting: listener)
        try self.model.send(MicroMessages.sessionCreated)
        try self.awaitModel("session.update")
        try self.model.send(MicroMessages.sessionUpdated)
        try self.awaitModel("response.create")
        for text in MicroMessages.responseStart { try self.model.send(text) }
    }

    /// Measures both directions.
    func run() throws -> [MicroResult] {
        let delta = MicroMessages.delta(MicroMessages.base64)
        let sound = Base64.encode(ByteBuffer(repeating: 0x7E, count: 15 * AudioFormat.pcmu.frameByteCount))
        let long = MicroMessages.delta(sound)
        let count = MicroMessages.base64.readableBytes
        // Caches fill, buffers grow to their size.
        for _ in 0..<Self.windowFrames { try self.sendUp() }
        for _ in 0..<Self.windowFrames { try self.sendDown(delta, byteCount: count, every: 20) }
        try self.measureIdle()
        return [
            try self.measure("router: frame of the caller relayed to the model", allowed: 2.5) { try self.sendUp() },
            try self.measure("router: delta of 20 ms relayed to the carrier", allowed: 4.5) {
                try self.sendDown(delta, byteCount: count, every: 20)
            },
            try self.measure("router: delta of 300 ms paced to the carrier", frames: 9, allowed: 12) {
                try self.sendDown(long, byteCount: sound.readableBytes, every: 300)
            },
        ]
    }

    // MARK: - Measuring

    /// The middle one of some windows: neither what happens once nor what a busy machine adds counts.
    private func measure(
        _ name: String,
        frames: Int = RelayMeasurement.windowFrames,
        allowed: Double,
        _ body: () throws -> Void
    ) throws -> MicroResult {
        var windows: [Growth] = []
        for _ in 0..<Self.windows {
            let growth = try self.window { for _ in 0..<frames { try body() } }
            let seconds = Double(growth.seconds)
            windows.append(
                Growth(
                    seconds: growth.seconds,
                    count: max(0, growth.count - self.idle.count * seconds) / Double(frames),
                    bytes: max(0, growth.bytes - self.idle.bytes * seconds) / Double(frames)
                )
            )
        }
        let middle = Self.middle(windows)
        return MicroResult(name: name, allocations: middle.count, bytes: middle.bytes, allowed: allowed)
    }

    private func measureIdle() throws {
        let windows = try (0..<Self.windows).map { _ in try self.window { usleep(900_000) } }
        let middle = Self.middle(windows)
        self.idle = (middle.count / Double(middle.seconds), middle.bytes / Double(middle.seconds))
    }

    private static func middle(_ windows: [Growth]) -> Growth {
        windows.sorted { $0.count < $1.count }[windows.count / 2]
    }

    /// What is allocated during `body` and until the second in which it ends is over.
    ///
    /// The router's timers allocate in bursts, the more frequent ones ten times a second, the rarest of them once a
    /// second. Whole seconds hold the same number of each, if they begin between two bursts.
    private func window(_ body: () throws -> Void) throws -> Growth {
        try self.awaitTick()
        usleep(UInt32(Self.tick / 2))
        let start = MonotonicTime.now
        let before = self.router.allocations
        self.due = start
        try body()
        let seconds = (MonotonicTime.now - start) / Self.second + 1
        let rest = start + seconds * Self.second - min(MonotonicTime.now, start + seconds * Self.second)
        usleep(UInt32(rest / 1_000))
        let after = self.router.allocations
        return Growth(
            seconds: Int(seconds),
            count: Double(after.count - before.count),
            bytes: Double(after.bytes - before.bytes)
        )
    }

    /// Waits until one of the router's timers has run: until it allocates though no frame comes.
    private func awaitTick() throws {
        // What the last frame allocated has come to an end.
        usleep(10_000)
        let count = self.router.allocations.count
        for _ in 0..<1_000 {
            if self.router.allocations.count > count { return }
            usleep(1_000)
        }
        throw MicroError.notCounting
    }

    // MARK: - One frame

    private func sendUp() throws {
        self.wait(milliseconds: 20)
        try self.carrier.send(MicroMessages.media)
        try self.awaitModel("input_audio_buffer.append")
    }

    /// Sends a delta and takes all of its sound; marks go back as they come.
    private func sendDown(_ delta: ByteBuffer, byteCount: Int, every milliseconds: UInt64) throws {
        self.wait(milliseconds: milliseconds)
        try self.model.send(delta)
        var missing = byteCount
        while missing > 0 {
            let message = try self.carrier.receive()
            let text = String(buffer: message)
            if let payload = text.split(separator: #""payload":""#).dropFirst().first {
                missing -= payload.prefix { $0 != "\"" }.utf8.count
            } else if text.contains(#""event":"mark""#) {
                try self.carrier.send(message)
            }
        }
    }

    /// Waits until the next frame is due.
    private func wait(milliseconds: UInt64) {
        self.due = max(self.due + milliseconds * 1_000_000, MonotonicTime.now)
        let now = MonotonicTime.now
        if self.due > now { usleep(UInt32((self.due - now) / 1_000)) }
    }

    /// Reads what the router tells the model, up to a message of this type.
    private func awaitModel(_ type: String) throws {
        let name = "\"\(type)\""
        while true {
            do {
                if String(buffer: try self.model.receive()).contains(name) { return }
            } catch let error as MicroError {
                guard case .system(let call, _) = error, call == "recv" else { throw error }
                throw MicroError.nothingCame(type, log: self.router.logTail)
            }
        }
    }
}
