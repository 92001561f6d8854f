import Foundation

/// The lines `name: number` of a file in /proc.
struct ProcFields {
    private var values: [Substring: Int] = [:]

    /// Empty where the file cannot be read.
    init(_ path: String) {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        for line in text.split(separator: "\n") {
            let parts = line.split(maxSplits: 2) { $0 == ":" || $0.isWhitespace }
            guard parts.count > 1,
                let number = parts[1].split(whereSeparator: \.isWhitespace).first.flatMap({ Int($0) })
            else { continue }
            self.values[parts[0]] = number
        }
    }

    subscript(_ name: Substring) -> Int { self.values[name] ?? 0 }
}
