import ArgumentParser
import Foundation

/// `Benchmarks micro`: single operations of the media path.
struct MicroCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro",
        abstract: "Measures single operations of the media path: time, and allocations with their limits.",
        discussion: """
            Time is the median and the best of many batches. Allocations are counted in front of malloc; a \
            number with a fraction is an average. The last rows are whole frames through the real router, which counts \
            by itself: swift build -c release --product AllocationCounter.
            """
    )

    @Option(help: "Time spent on each operation, in milliseconds.")
    var milliseconds: UInt64 = 300

    @Flag(help: "Exit 1 where an operation allocates more than it may.")
    var check = false

    @Flag(inversion: .prefixedNo, help: "Measure whole frames through the real router, too.")
    var router = true

    @Flag(help: "One JSON object on standard output, and nothing else.")
    var json = false

    func run() throws {
        if !self.json {
            print(Machine.description)
            Self.printRow("", ["median ns", "best ns", "allocations", "bytes", "allowed"])
        }
        try MicroOperation.checkCounting()
        var results: [MicroResult] = []
        for operation in MicroOperation.all {
            let result = try operation.measure(nanoseconds: self.milliseconds * 1_000_000)
            results.append(result)
            self.report(result)
        }
        if self.router {
            for result in try self.relayed() {
                results.append(result)
                self.report(result)
            }
        }
        if self.json { try Self.printJSON(results) }
        guard self.check else { return }
        let over = results.filter(\.isOver)
        guard over.isEmpty else { throw ValidationFailure(results: over) }
        if !self.json { print("\(results.count) operations, none of which allocates more than it may") }
    }

    /// Whole frames through the real router; none where it cannot count and nobody wants to be held to a limit.
    private func relayed() throws -> [MicroResult] {
        do {
            return try RelayMeasurement().run()
        } catch let error as MicroError {
            guard case .missing = error, !self.check else { throw error }
            if !self.json { print("Whole frames through the router are left out. \(error)") }
            return []
        }
    }

    private struct ValidationFailure: Error, CustomStringConvertible {
        let results: [MicroResult]

        var description: String {
            let lines = self.results.map { result in
                String(format: "  %@: %.2f allocations, %.2f allowed", result.name, result.allocations, result.allowed)
            }
            return """
                Allocations above their limit:
                \(lines.joined(separator: "\n"))
                Find what allocates and mend it; or raise the limit in Benchmarks/Micro, with the reason in the commit.
                """
        }
    }

    private struct Report: Encodable {
        let machine: String
        let operations: [MicroResult]
    }

    private func report(_ result: MicroResult) {
        guard !self.json else { return }
        Self.printRow(
            result.name,
            [
                result.medianNanoseconds.map { String(format: "%.0f", $0) } ?? "–",
                result.bestNanoseconds.map { String(format: "%.0f", $0) } ?? "–",
                String(format: "%.2f", result.allocations),
                String(format: "%.0f", result.bytes),
                String(format: result.isOver ? "%g !" : "%g", result.allowed),
            ]
        )
    }

    private static func printRow(_ name: String, _ columns: [String]) {
        let cells = columns.map { String(repeating: " ", count: max(1, 13 - $0.count)) + $0 }
        print(name + String(repeating: " ", count: max(1, 54 - name.count)) + cells.joined())
        fflush(nil)
    }

    private static func printJSON(_ results: [MicroResult]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let data = try encoder.encode(Report(machine: Machine.description, operations: results))
        print(String(decoding: data, as: UTF8.self))
    }
}
