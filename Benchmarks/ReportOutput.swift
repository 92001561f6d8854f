import ArgumentParser
import Foundation
import LoadKit

/// Collects results: prints lines as they come, and at the end JSON, a file, or the differences to earlier results.
struct ReportOutput {
    private let options: OutputOptions
    private(set) var results = SavedResults(machine: Machine.description, date: Date())
    private let earlier: SavedResults?

    /// - Throws: Where the file to compare with cannot be read: before anything is measured.
    init(_ options: OutputOptions) throws {
        self.options = options
        self.earlier = try options.compare.map { path in
            do {
                return try SavedResults(path: path)
            } catch {
                throw ValidationError("\(path) cannot be read as what --save of this version writes: \(error)")
            }
        }
        self.say(self.results.machine)
    }

    /// Prints a line, unless standard output is for JSON alone.
    func say(_ line: String) {
        guard !self.options.json else { return }
        print(line)
        fflush(nil)
    }

    mutating func add(_ report: LoadReport) {
        if self.results.loads.isEmpty { self.say(LoadTable.head(of: report)) }
        let floor = self.results.loads.last { $0.target == .floor && LoadTable.areAlike($0, report) }
        for line in LoadTable.rows(report, floor: report.target == .floor ? nil : floor) { self.say(line) }
        self.results.loads.append(report)
    }

    mutating func add(_ report: CapacityReport) { self.results.capacities.append(report) }

    mutating func add(_ report: ChurnReport) { self.results.churns.append(report) }

    /// Prints and writes what was asked for.
    func finish() throws {
        if self.options.json { print(String(decoding: try self.results.json, as: UTF8.self)) }
        if let path = self.options.save { try self.results.json.write(to: URL(fileURLWithPath: path)) }
        guard let earlier = self.earlier else { return }
        let comparison = Comparison(earlier: earlier, now: self.results)
        self.say("\nAgainst \(self.options.compare ?? "") (\(earlier.machine)):")
        var row = ""
        for difference in comparison.differences {
            if difference.row != row {
                row = difference.row
                self.say("  \(row)")
            }
            let percent = difference.percent.map { String(format: "%+6.1f %%", $0) } ?? "     –"
            let name = difference.figure + String(repeating: " ", count: max(1, 24 - difference.figure.count))
            self.say("    \(name)\(percent)   " + String(format: "%.2f → %.2f", difference.earlier, difference.now))
        }
        for row in comparison.unmatched { self.say("  \(row): not in the earlier results") }
    }
}
