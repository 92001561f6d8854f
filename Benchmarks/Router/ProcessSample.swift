import Foundation

/// What a process has used so far, from /proc.
struct ProcessSample {
    /// Time on a core, all threads, in nanoseconds: `schedstat` counts it exactly, where `stat` counts ticks of 10 ms.
    let cpuNanoseconds: UInt64
    let residentBytes: Int
    let voluntarySwitches: Int

    /// nil where the process is gone.
    init?(pid: Int32) {
        let tasks = "/proc/\(pid)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks), !threads.isEmpty else {
            return nil
        }
        var nanoseconds: UInt64 = 0
        var switches = 0
        for thread in threads {
            if let text = try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8) {
                nanoseconds += text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            }
            switches += Self.field("voluntary_ctxt_switches:", of: "\(tasks)/\(thread)/status")
        }
        self.cpuNanoseconds = nanoseconds
        self.voluntarySwitches = switches
        self.residentBytes = Self.field("VmRSS:", of: "/proc/\(pid)/status") * 1_024
    }

    private static func field(_ name: String, of path: String) -> Int {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return 0 }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
