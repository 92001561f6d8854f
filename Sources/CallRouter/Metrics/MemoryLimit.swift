import Foundation

/// How much memory this process may use before the kernel ends it.
package enum MemoryLimit {
    /// The limit in bytes: the least of the control group's (version 2, else 1), its parents' and the machine's memory.
    ///
    /// 0 where the system tells none.
    package static func current() -> Int {
        self.limit { path in
            (try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd())
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The same, from whatever `read` gives as the text of a file; nil where there is no such file.
    static func limit(reading read: (String) -> String?) -> Int {
        var limits: [Int] = []
        if let machine = read("/proc/meminfo").flatMap(self.machineMemory) { limits.append(machine) }
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
            // hierarchy-ID:controller-list:cgroup-path (cgroups(7)); version 2 is hierarchy 0 without controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let (root, file): (String, String)
            if fields[0] == "0", fields[1].isEmpty {
                (root, file) = ("/sys/fs/cgroup", "memory.max")
            } else if fields[1].split(separator: ",").contains("memory") {
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            limits.append(contentsOf: self.limits(from: String(fields[2]), root: root, file: file, read))
        }
        return limits.min() ?? 0
    }

    /// The limits of a group and of all above it: the strictest counts.
    ///
    /// `max` and version 1's huge number are none.
    private static func limits(from group: String, root: String, file: String, _ read: (String) -> String?) -> [Int] {
        var names = group.split(separator: "/").map(String.init)
        var limits: [Int] = []
        while true {
            let directory = ([root] + names).joined(separator: "/")
            if let text = read(directory + "/" + file),
                let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)),
                limit > 0, limit < 1 << 60
            {
                limits.append(limit)
            }
            guard !names.isEmpty else { return limits }
            names.removeLast()
        }
    }

    /// `MemTotal:       16318412 kB`, in KiB whatever the unit is called (proc(5)).
    private static func machineMemory(_ text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
        }
        return nil
    }
}
