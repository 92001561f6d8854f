import Foundation

/// In which time zones a telephone number may ring, by its longest known prefix.
package struct TimeZoneTable: Sendable {
    /// The table that is compiled in, read at its first use.
    package static let shared = TimeZoneTable(Self.data)

    private let zones: [[TimeZone]]
    /// Prefixes, each with its place in `zones`; no calling code begins with 0, so that an integer stands for its digits.
    private let indices: [Int: Int]
    private let longestPrefix: Int

    /// Reads lines of zone names, each group followed by lines of the prefixes that it belongs to.
    ///
    /// A zone that the system does not know is left out.
    init(_ text: String) {
        var zones: [[TimeZone]] = []
        var indices: [Int: Int] = [:]
        var longestPrefix = 0
        var names: [String] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard line.first?.isNumber == true else {
                names += words.map(String.init)
                continue
            }
            if !names.isEmpty {
                zones.append(names.compactMap { TimeZone(identifier: $0) })
                names = []
            }
            for word in words {
                indices[Int(word) ?? 0] = zones.count - 1
                longestPrefix = max(longestPrefix, word.count)
            }
        }
        self.zones = zones
        self.indices = indices
        self.longestPrefix = longestPrefix
    }

    /// The zones of a number in E.164, in alphabetical order; empty where nothing is known.
    package func zones(of number: String) -> [TimeZone] {
        var found: [TimeZone] = []
        var prefix = 0
        for digit in number.utf8.drop(while: { $0 == UInt8(ascii: "+") }).prefix(self.longestPrefix) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
            prefix = prefix * 10 + Int(digit - UInt8(ascii: "0"))
            if let index = self.indices[prefix] { found = self.zones[index] }
        }
        return found
    }
}
