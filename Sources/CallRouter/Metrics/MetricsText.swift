/// Writes the Prometheus text exposition format, version 0.0.4.
///
/// Families are written one after the other, each with its HELP and TYPE line and all of its samples.
struct MetricsText {
    enum Kind: String { case counter, gauge, histogram }

    private(set) var text = ""

    /// A family with one sample and no label.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.header(name, kind, help)
        self.sample(name, [], Self.number(value))
    }

    /// A family with one sample for each value of `label`.
    mutating func family(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        label: String,
        _ values: [(label: String, value: Int)]
    ) {
        self.header(name, kind, help)
        for (value, count) in values { self.sample(name, [(label, value)], String(count)) }
    }

    /// A family with one sample for each pair of label values.
    mutating func family(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        labels: (String, String),
        _ values: [(first: String, second: String, value: Int)]
    ) {
        self.header(name, kind, help)
        for (first, second, count) in values {
            self.sample(name, [(labels.0, first), (labels.1, second)], String(count))
        }
    }

    /// A histogram family of one or more series; `labels` is empty for a family without labels.
    mutating func histogram(
        _ name: String,
        _ help: String,
        _ series: [(labels: [(String, String)], histogram: DurationHistogram)]
    ) {
        self.header(name, .histogram, help)
        for (labels, histogram) in series {
            // Read first: the sum may then be ahead of the counts, but no bucket is ahead of the count.
            let counts = histogram.cumulativeCounts
            for (bound, count) in zip(histogram.bounds.map(Self.number) + ["+Inf"], counts) {
                self.sample(name + "_bucket", labels + [("le", bound)], String(count))
            }
            self.sample(name + "_sum", labels, Self.number(histogram.sum))
            self.sample(name + "_count", labels, String(counts.last ?? 0))
        }
    }

    private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
        self.text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        self.text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
            self.text += "{" + pairs.joined(separator: ",") + "}"
        }
        self.text += " " + value + "\n"
    }

    /// Whole numbers without a fraction, others as Swift writes them, which Go's `ParseFloat` reads.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int(value)) }
        return String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        let text = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? text.replacing("\"", with: "\\\"") : text
    }
}
