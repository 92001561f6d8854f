import Foundation

/// Looks at the machine that a router is to run on; its findings are warnings at most.
struct MachineCheck {
    let configuration: RouterConfiguration

    func findings() -> [Finding] {
        let directory = self.configuration.storage.directory
        return [
            self.disk(free: Self.freeBytes(directory)), self.descriptors(allowed: Self.allowedDescriptors()),
            self.cores(),
        ]
    }

    /// An hour of stereo PCM16 at 8 kHz takes 115 MB; a gigabyte is room to notice and to act.
    static let littleSpace: Int64 = 1_073_741_824

    /// What there is to say of this much free space; nil: it is not known.
    func disk(free: Int64?) -> Finding {
        let subject = "disk"
        let directory = self.configuration.storage.directory
        guard let free else {
            return .warning(subject, "the free space of \(directory) is not known. Watch it yourself.")
        }
        let text = "\(free / 1_048_576) MiB free for \(directory)"
        return free < Self.littleSpace
            ? .warning(subject, "\(text). Free some, or move DATA_DIR to a larger disk.") : .ok(subject, text)
    }

    /// What there is to say of this limit of open files; nil: it cannot be read.
    func descriptors(allowed: Int?) -> Finding {
        let subject = "file descriptors"
        guard let allowed else {
            return .warning(subject, "their limit cannot be read. It should be above \(self.neededDescriptors).")
        }
        return allowed < self.neededDescriptors
            ? .warning(
                subject,
                "\(allowed) are allowed, MAX_CALLS=\(self.configuration.limits.calls) needs \(self.neededDescriptors). "
                    + "Raise `ulimit -n` (LimitNOFILE in systemd), or lower MAX_CALLS."
            )
            : .ok(subject, "\(allowed) are allowed, \(self.neededDescriptors) needed")
    }

    private static func freeBytes(_ directory: String) -> Int64? {
        // Where it cannot be read, that is the finding.
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: directory)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    private static func allowedDescriptors() -> Int? {
        var limit = rlimit()
        guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_cur)
    }

    /// A call has two sockets, and a file where it is recorded; the rest is for requests, the store and the log.
    private var neededDescriptors: Int {
        let perCall = self.configuration.storage.isRecording ? 3 : 2
        return self.configuration.limits.calls * perCall + 256
    }

    private func cores() -> Finding {
        let count = ProcessInfo.processInfo.activeProcessorCount
        return .ok("machine", "\(count) cores, \(ProcessInfo.processInfo.physicalMemory / 1_048_576) MiB of memory")
    }
}
