import Foundation

/// The machine on which a figure was measured: no figure without it.
enum Machine {
    static var description: String {
        let cpu = Self.line("model name", of: "/proc/cpuinfo") ?? "unknown processor"
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        let system = Self.line("PRETTY_NAME", of: "/etc/os-release", separator: "=") ?? "Linux"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let name = system.trimmingCharacters(in: ["\""])
        return "\(cpu), \(cores) cores, \(name), Linux \(kernel.trimmingCharacters(in: .newlines)), \(Self.build)"
    }

    /// The compiler that built this program, and how.
    private static var build: String {
        #if compiler(>=6.4)
        let compiler = "Swift 6.4 or later"
        #elseif compiler(>=6.3)
        let compiler = "Swift 6.3"
        #else
        let compiler = "Swift 6.2"
        #endif
        #if DEBUG
        return compiler + ", debug build: its figures mean nothing"
        #else
        return compiler + ", release build"
        #endif
    }

    private static func line(_ name: String, of path: String, separator: Character = ":") -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: separator, maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }
}
