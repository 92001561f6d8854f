/// A strict reader of the Prometheus text exposition format 0.0.4, for what a scraper would make of our text.
struct PrometheusText {
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    struct Family {
        var type: String
        var help: String
        var samples: [Sample] = []
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var families: [String: Family] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Problem(description: "the last line must end with a line feed") }
        var current: String?
        var series: Set<String> = []
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, self.families[String(parts[0])] == nil else {
                    throw Problem(description: "bad or repeated HELP: \(line)")
                }
                current = String(parts[0])
                self.families[String(parts[0])] = Family(type: "", help: String(parts[1]))
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                guard
                    parts.count == 2, let name = current, name == parts[0],
                    ["counter", "gauge", "histogram"].contains(String(parts[1])),
                    self.families[name]?.type == "", self.families[name]?.samples.isEmpty == true
                else { throw Problem(description: "bad TYPE: \(line)") }
                self.families[name]?.type = String(parts[1])
            } else {
                let sample = try Self.sample(line)
                guard let name = current, let type = self.families[name]?.type, !type.isEmpty else {
                    throw Problem(description: "sample before its TYPE: \(line)")
                }
                let allowed = type == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
                guard allowed.contains(sample.name) else { throw Problem(description: "foreign sample: \(line)") }
                let key =
                    sample.name + sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
                guard series.insert(key).inserted else { throw Problem(description: "repeated series: \(line)") }
                self.families[name]?.samples.append(sample)
            }
        }
        for (name, family) in self.families {
            guard !family.samples.isEmpty else { throw Problem(description: "\(name) has no sample") }
            guard family.type != "counter" || name.hasSuffix("_total") else {
                throw Problem(description: "counter \(name) does not end with _total")
            }
            if family.type == "histogram" { try Self.check(histogram: family, name) }
        }
    }

    /// The value of a series; nil where there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        for family in self.families.values {
            if let sample = family.samples.first(where: { $0.name == name && $0.labels == labels }) {
                return sample.value
            }
        }
        return nil
    }

    /// The values that a label takes in a family.
    func values(of label: String, in family: String) -> Set<String> {
        Set(self.families[family]?.samples.compactMap { $0.labels[label] } ?? [])
    }

    private static func check(histogram family: Family, _ name: String) throws {
        let groups = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.key != "le" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
        }
        for (group, samples) in groups {
            let buckets = samples.filter { $0.name == name + "_bucket" }
            let bounds = buckets.map { Double($0.labels["le"].map { $0 == "+Inf" ? "inf" : $0 } ?? "") ?? .nan }
            let counts = buckets.map(\.value)
            guard
                bounds == bounds.sorted(), Set(bounds).count == bounds.count, bounds.last == .infinity,
                counts == counts.sorted(),
                samples.filter({ $0.name == name + "_count" }).map(\.value) == [counts.last ?? -1],
                samples.count(where: { $0.name == name + "_sum" }) == 1
            else { throw Problem(description: "bad histogram \(name) \(group)") }
        }
    }

    private static func sample(_ line: Substring) throws -> Sample {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)/
        guard let match = line.wholeMatch(of: pattern) else { throw Problem(description: "no sample: \(line)") }
        let text = match.3.replacing("Inf", with: "inf")
        guard let value = Double(text) else { throw Problem(description: "no number: \(line)") }
        var labels: [String: String] = [:]
        if var rest = match.2 {
            let label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/
            while !rest.isEmpty {
                guard let found = rest.prefixMatch(of: label) else { throw Problem(description: "bad labels: \(line)") }
                labels[String(found.1)] = String(found.2)
                rest = rest[found.range.upperBound...]
            }
            guard !labels.isEmpty else { throw Problem(description: "empty labels: \(line)") }
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }
}
