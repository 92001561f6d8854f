import Testing

@testable import CallRouter

@Suite struct MemoryLimitTests {
    private static let machine = ["/proc/meminfo": "MemTotal:        2000 kB\nMemFree: 7 kB\n"]

    @Test("without a control group the machine's memory counts")
    func machineOnly() {
        #expect(Self.limit([:]) == 2_048_000)
        #expect(MemoryLimit.limit { _ in nil } == 0)
    }

    @Test("version 2: the strictest of the group and those above it")
    func version2() {
        let files = [
            "/proc/self/cgroup": "0::/system.slice/docker-1.scope\n",
            "/sys/fs/cgroup/system.slice/docker-1.scope/memory.max": "1000000\n",
            "/sys/fs/cgroup/system.slice/memory.max": "900000\n",
        ]
        #expect(Self.limit(files) == 900_000)
    }

    @Test("version 2 inside a container: the group is the root")
    func version2Root() {
        #expect(Self.limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "512000\n"]) == 512_000)
        #expect(Self.limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"]) == 2_048_000)
    }

    @Test("version 1: the memory controller's group, and its huge number is no limit")
    func version1() {
        let group = "11:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/ignored\n"
        let path = "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"
        #expect(Self.limit(["/proc/self/cgroup": group, path: "777216\n"]) == 777_216)
        #expect(Self.limit(["/proc/self/cgroup": group, path: "9223372036854771712\n"]) == 2_048_000)
        // A container sees its own group mounted at the root.
        let root = "/sys/fs/cgroup/memory/memory.limit_in_bytes"
        #expect(Self.limit(["/proc/self/cgroup": group, root: "666000\n"]) == 666_000)
    }

    @Test("a limit above the machine's memory does not count, nor does nonsense")
    func clamps() {
        let path = "/sys/fs/cgroup/memory.max"
        #expect(Self.limit(["/proc/self/cgroup": "0::/\n", path: "99999999999\n"]) == 2_048_000)
        #expect(Self.limit(["/proc/self/cgroup": "garbage\n::\n", path: "5"]) == 2_048_000)
        #expect(Self.limit(["/proc/self/cgroup": "0::/\n", path: "-1\n"]) == 2_048_000)
    }

    private static func limit(_ files: [String: String]) -> Int {
        let files = files.merging(self.machine) { first, _ in first }
        return MemoryLimit.limit { files[$0] }
    }
}
