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
    private static let windows = 7
    private static let windowFrames = 25

    private let router: MeasuredRouter
    private let carrier: BlockingSocket
    private let model: BlockingSocket
    private var due = MonotonicTime.now
    /// Allocations and bytes of one nanosecond without a frame.
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
            try self.measure("router: frame of the caller relayed to the model", allowed: 2) { try self.sendUp() },
            try self.measure("router: delta of 20 ms relayed to the carrier", allowed: 5) {
                try self.sendDown(delta, byteCount: count, every: 20)
            },
            try self.measure("router: delta of 300 ms paced to the carrier", frames: 5, allowed: 8) {
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
        var windows: [(count: Double, bytes: Double)] = []
        self.due = MonotonicTime.now
        for _ in 0..<Self.windows {
            let start = MonotonicTime.now
            let before = self.router.allocations
            for _ in 0..<frames { try body() }
            let after = self.router.allocations
            let elapsed = Double(MonotonicTime.now - start)
            windows.append(
                (
                    max(0, Double(after.count - before.count) - self.idle.count * elapsed) / Double(frames),
                    max(0, Double(after.bytes - before.bytes) - self.idle.bytes * elapsed) / Double(frames)
                )
            )
        }
        windows.sort { $0.count < $1.count }
        let middle = windows[windows.count / 2]
        return MicroResult(name: name, allocations: middle.count, bytes: middle.bytes, allowed: allowed)
    }

    private func measureIdle() throws {
        let start = MonotonicTime.now
        let before = self.router.allocations
        usleep(1_500_000)
        let after = self.router.allocations
        let elapsed = Double(MonotonicTime.now - start)
        self.idle = (Double(after.count - before.count) / elapsed, Double(after.bytes - before.bytes) / elapsed)
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
