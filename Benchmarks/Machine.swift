import Foundation

/// The machine on which a figure was measured: no figure without it.
enum Machine {
    static var description: String {
        let cpu = Self.line("model name", of: "/proc/cpuinfo") ?? "unknown processor"
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        let system = Self.line("PRETTY_NAME", of: "/etc/os-release", separator: "=") ?? "Linux"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return
            "\(cpu), \(cores) cores, \(system.trimmingCharacters(in: ["\""])), Linux \(kernel.trimmingCharacters(in: .newlines))"
    }

    private static func line(_ name: String, of path: String, separator: Character = ":") -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: separator, maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }
}
