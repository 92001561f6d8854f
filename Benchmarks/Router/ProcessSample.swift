import Foundation

/// What a process has used so far, from /proc.
struct ProcessSample {
    /// Time on a core, all threads, in nanoseconds: `schedstat` counts it exactly, where `stat` counts ticks of 10 ms.
    var cpuNanoseconds: UInt64 = 0
    var voluntarySwitches = 0
    var involuntarySwitches = 0
    var threads = 0
    var residentBytes = 0
    /// Proportional share: pages that others use too count in part.
    var proportionalBytes = 0
    /// Pages that this process alone uses.
    var privateBytes = 0
    var descriptors = 0

    /// nil where the process is gone.
    init?(pid: Int32) {
        let tasks = "/proc/\(pid)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks), !threads.isEmpty else {
            return nil
        }
        for thread in threads {
            // A thread may end between the listing and the reading: it then counts no more.
            if let text = try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8) {
                self.cpuNanoseconds += text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            }
            let status = ProcFields("\(tasks)/\(thread)/status")
            self.voluntarySwitches += status["voluntary_ctxt_switches"]
            self.involuntarySwitches += status["nonvoluntary_ctxt_switches"]
        }
        self.threads = threads.count
        self.residentBytes = ProcFields("/proc/\(pid)/status")["VmRSS"] * 1_024
        // It has ended, and nobody has asked how yet.
        guard self.residentBytes > 0 else { return nil }
        let rollup = ProcFields("/proc/\(pid)/smaps_rollup")
        self.proportionalBytes = rollup["Pss"] * 1_024
        self.privateBytes = (rollup["Private_Clean"] + rollup["Private_Dirty"]) * 1_024
        // Unreadable where the process belongs to somebody else: 0 then.
        self.descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd"))?.count ?? 0
    }
}
