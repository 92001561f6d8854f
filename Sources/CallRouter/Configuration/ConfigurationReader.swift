/// Reads variables one by one and remembers everything that is wrong with them.
struct ConfigurationReader {
    private let environment: [String: String]
    private(set) var problems: [ConfigurationError.Problem] = []
    /// What works but should not stay as it is; each says what to do.
    private(set) var warnings: [String] = []

    init(environment: [String: String]) { self.environment = environment }

    // MARK: - What is there

    /// The value under the variable's name, else under its aliases; blank means unset.
    func value(_ variable: ConfigurationVariable) -> String? {
        for name in [variable.name] + variable.aliases {
            guard let value = self.environment[name]?.trimmed, !value.isEmpty else { continue }
            return value
        }
        return nil
    }

    func secret(_ variable: ConfigurationVariable) -> Secret? { self.value(variable).map(Secret.init) }

    // MARK: - What is wrong

    mutating func missing(_ variable: ConfigurationVariable) {
        self.problems.append(.init(variable: variable, reason: nil))
    }

    mutating func invalid(_ variable: ConfigurationVariable, _ reason: String) {
        self.problems.append(.init(variable: variable, reason: reason))
    }

    mutating func warn(_ warning: String) { self.warnings.append(warning) }

    // MARK: - Values of a type

    mutating func required(_ variable: ConfigurationVariable) -> Secret {
        guard let secret = self.secret(variable) else {
            self.missing(variable)
            return Secret("")
        }
        return secret
    }

    mutating func integer(_ variable: ConfigurationVariable, in range: ClosedRange<Int>, default other: Int) -> Int {
        guard let text = self.value(variable) else { return other }
        guard let number = Int(text), range.contains(number) else {
            self.invalid(
                variable,
                "\(self.shown(text, of: variable)) is not a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return other
        }
        return number
    }

    mutating func decimal(_ variable: ConfigurationVariable, in range: ClosedRange<Double>) -> Double? {
        guard let text = self.value(variable) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            let bounds = "\(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"
            self.invalid(variable, "\(self.shown(text, of: variable)) is not a number from \(bounds)")
            return nil
        }
        return number
    }

    /// A number of seconds, whole or not.
    mutating func seconds(
        _ variable: ConfigurationVariable,
        in range: ClosedRange<Double>,
        default other: Double
    ) -> Duration {
        .seconds(self.decimal(variable, in: range) ?? other)
    }

    mutating func boolean(_ variable: ConfigurationVariable, default other: Bool) -> Bool {
        guard let text = self.value(variable) else { return other }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            self.invalid(variable, "\(self.shown(text, of: variable)) is neither true nor false")
            return other
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ variable: ConfigurationVariable,
        default other: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let text = self.value(variable) else { return other }
        let found = Choice.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
        guard let found else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            self.invalid(variable, "\(self.shown(text, of: variable)) is none of \(names)")
            return other
        }
        return found
    }

    /// A URL with one of `schemes`, or with one of `loopbackSchemes` where its host is a loopback one.
    mutating func url(
        _ variable: ConfigurationVariable,
        schemes: [String],
        loopbackSchemes: [String]
    ) -> WebAddress? {
        guard let text = self.value(variable) else { return nil }
        do {
            return try WebAddress(text, schemes: schemes, loopbackSchemes: loopbackSchemes)
        } catch {
            self.invalid(variable, error.reason)
            return nil
        }
    }

    /// A list with commas between its items, each of which must pass `isValid`.
    mutating func list(
        _ variable: ConfigurationVariable,
        of what: String,
        where isValid: (String) -> Bool
    ) -> [String]? {
        guard let text = self.value(variable) else { return nil }
        let items = text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        guard items.allSatisfy(isValid) else {
            self.invalid(variable, "it must be \(what), with commas between them")
            return nil
        }
        return items
    }

    /// The value in quotes, if it can be shown: short, and not a secret.
    private func shown(_ text: String, of variable: ConfigurationVariable) -> String {
        // A longer one is more likely a key in the wrong place than a slip of the pen.
        variable.isSecret || text.count > 24 ? "the value" : "\"\(text)\""
    }

    private static func plain(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmed: String {
        var rest = Substring(self)
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
