import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the kernel says about this process: the `process_*` metrics that Prometheus clients agree on.
struct ProcessStatistics: Sendable {
    /// Resident memory in bytes; 0 where there is no `/proc`.
    var residentByteCount: Int
    /// User and system time of all threads.
    var cpuSeconds: Double
    /// Open file descriptors; 0 where there is no `/proc`.
    var openDescriptorCount: Int
    /// Unix time in seconds at which the process began; 0 where there is no `/proc`.
    var startTime: Double

    /// Looks everything up now.
    static func current() -> ProcessStatistics {
        ProcessStatistics(
            residentByteCount: Self.residentByteCount(),
            cpuSeconds: Self.cpuSeconds(),
            openDescriptorCount: Self.openDescriptorCount(),
            startTime: Self.began
        )
    }

    private static let began = Self.startTime()

    private static func text(_ path: String) -> String? {
        (try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd())
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The second field of `/proc/self/statm`, in pages (proc(5)).
    private static func residentByteCount() -> Int {
        let fields = self.text("/proc/self/statm")?.split(separator: " ") ?? []
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Entries of `/proc/self/fd`, less the one that the listing itself has open.
    private static func openDescriptorCount() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return max(0, count - 3)  // ".", ".." and the listing's own descriptor.
    }

    /// Field 22 of `/proc/self/stat`, in ticks since the machine's start, on top of `btime` of `/proc/stat` (proc(5)).
    private static func startTime() -> Double {
        // The second field is the program's name in parentheses and may hold spaces: count from the last parenthesis.
        guard
            let stat = self.text("/proc/self/stat"), let end = stat.lastIndex(of: ")"),
            let boot = self.text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Double(boot.dropFirst("btime ".count))
        else { return 0 }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return 0 }
        return bootTime + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
