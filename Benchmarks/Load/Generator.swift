import CLoad
import Glibc
import LoadKit

/// The load generator of `CLoad`, as Swift drives it: the carrier and the voice model of many calls on one thread.
final class Generator {
    private let load: OpaquePointer

    init(_ settings: cload_settings) throws(LoadError) {
        var settings = settings
        guard let load = cload_create(&settings) else { throw .system(call: "cload_create", errno: errno) }
        self.load = load
    }

    deinit { cload_destroy(self.load) }

    var modelPort: Int { Int(cload_model_port(self.load)) }
    var claudePort: Int { Int(cload_claude_port(self.load)) }

    func setTarget(port: Int) { cload_set_target(self.load, UInt16(port)) }

    /// What an early end of `play` may wait for.
    enum Condition { case none, established, passed }

    /// Lets time pass: sends what is due, and reads what comes.
    func play(seconds: Double, until condition: Condition = .none) throws(LoadError) {
        let deadline = MonotonicTime.now + UInt64(seconds * 1e9)
        guard cload_play(self.load, deadline, condition == .established, condition == .passed) else {
            throw .system(call: "epoll_pwait2", errno: errno)
        }
    }

    func beginWindow() { cload_begin_window(self.load) }
    func endWindow() { cload_end_window(self.load) }
    func stopSending() { cload_stop_sending(self.load) }
    func hangUp() { cload_hang_up(self.load) }

    var counts: cload_counts {
        var counts = cload_counts()
        cload_get_counts(self.load, &counts)
        return counts
    }

    /// The books of the measured time.
    var directions: (up: LoadReport.Direction, down: LoadReport.Direction) {
        var up = cload_direction()
        var down = cload_direction()
        cload_get_directions(self.load, &up, &down)
        return (LoadReport.Direction(up), LoadReport.Direction(down))
    }

    /// The books of the calls that came and went.
    var passing: (up: LoadReport.Direction, down: LoadReport.Direction) {
        var up = cload_direction()
        var down = cload_direction()
        cload_get_passing(self.load, &up, &down)
        return (LoadReport.Direction(up), LoadReport.Direction(down))
    }

    func summary(_ latency: cload_latency) -> LatencySummary? {
        let counts = UnsafeBufferPointer(
            start: cload_get_histogram(self.load, latency),
            count: Int(2048 + 20 * 1024)
        )
        return LatencySummary(counts: counts) { cload_histogram_value(UInt32($0)) }
    }

    /// Frames that were due in the measured time and were never sent.
    var unsentFrames: Int { Int(cload_unsent(self.load)) }

    /// Why connections broke, and how many did.
    var brokenConnections: [String: Int] {
        var reasons = [cload_reason](repeating: cload_reason(), count: 16)
        let count = Int(cload_get_reasons(self.load, &reasons, 16))
        let pairs = reasons[..<count].map { reason in
            let text = withUnsafeBytes(of: reason.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return (text, Int(reason.count))
        }
        return Dictionary(pairs, uniquingKeysWith: +)
    }
}

extension LoadReport.Direction {
    fileprivate init(_ direction: cload_direction) {
        self.init(
            sent: Int(direction.sent),
            lost: Int(direction.lost),
            duplicated: Int(direction.duplicated),
            reordered: Int(direction.reordered)
        )
    }
}

extension LoadMode {
    /// As `CLoad` numbers it.
    var code: Int32 {
        switch self {
        case .echo: Int32(CLOAD_ECHO.rawValue)
        case .talk: Int32(CLOAD_TALK.rawValue)
        case .silence: Int32(CLOAD_SILENCE.rawValue)
        }
    }
}
