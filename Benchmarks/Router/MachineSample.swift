import Foundation

/// Time of all cores so far, from /proc/stat.
struct MachineSample {
    private var stolen = 0.0
    private var total = 0.0

    init() {
        // Where it cannot be read, nothing is known of stolen time, and none is told.
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first
        else { return }
        let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        // user nice system idle iowait irq softirq steal; guest time is part of user time.
        guard numbers.count >= 8 else { return }
        self.stolen = numbers[7]
        self.total = numbers.prefix(8).reduce(0, +)
    }

    /// What the host took away between two samples, of all cores.
    func stealPercent(until later: MachineSample) -> Double {
        let total = later.total - self.total
        return total > 0 ? (later.stolen - self.stolen) / total * 100 : 0
    }
}
