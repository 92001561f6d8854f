import Foundation

/// What `--save` writes and `--compare` reads.
package struct SavedResults: Codable, Sendable, Equatable {
    package var machine: String
    package var date: Date
    package var loads: [LoadReport] = []
    package var capacities: [CapacityReport] = []
    package var churns: [ChurnReport] = []

    package init(machine: String, date: Date) {
        self.machine = machine
        self.date = date
    }

    package init(path: String) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    package var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            encoder.dateEncodingStrategy = .iso8601
            return try encoder.encode(self)
        }
    }
}
