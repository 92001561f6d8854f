import Foundation

/// Looks at the machine that a router is to run on; its findings are warnings at most.
struct MachineCheck {
    let configuration: RouterConfiguration

    func findings() -> [Finding] { [self.diskSpace(), self.fileDescriptors(), self.cores()] }

    private func diskSpace() -> Finding {
        let subject = "disk"
        let directory = self.configuration.storage.directory
        guard let attributes = try? FileManager.default.attributesOfFileSystem(forPath: directory),
            let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value
        else { return .warning(subject, "the free space of \(directory) is not known. Watch it yourself.") }
        let text = "\(free / 1_048_576) MiB free for \(directory)"
        // An hour of stereo PCM16 at 8 kHz takes 115 MB; a gigabyte is room to notice and to act.
        return free < 1_073_741_824
            ? .warning(subject, "\(text). Free some, or move DATA_DIR to a larger disk.") : .ok(subject, text)
    }

    private func fileDescriptors() -> Finding {
        let subject = "file descriptors"
        var limit = rlimit()
        guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .warning(subject, "their limit cannot be read. It should be above \(self.neededDescriptors).")
        }
        let available = Int(clamping: limit.rlim_cur)
        // A call has two sockets; the rest is for requests, the store, recordings and the log.
        return available < self.neededDescriptors
            ? .warning(
                subject,
                "\(available) are allowed, MAX_CALLS=\(self.configuration.limits.calls) needs \(self.neededDescriptors). "
                    + "Raise `ulimit -n` (LimitNOFILE in systemd), or lower MAX_CALLS."
            )
            : .ok(subject, "\(available) are allowed, \(self.neededDescriptors) needed")
    }

    private var neededDescriptors: Int {
        let perCall = self.configuration.storage.isRecording ? 3 : 2
        return self.configuration.limits.calls * perCall + 256
    }

    private func cores() -> Finding {
        let count = ProcessInfo.processInfo.activeProcessorCount
        return .ok("machine", "\(count) cores, \(ProcessInfo.processInfo.physicalMemory / 1_048_576) MiB of memory")
    }
}
