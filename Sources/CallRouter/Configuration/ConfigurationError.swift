/// A configuration that the router cannot run with: everything that is missing or invalid, in one message.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is the matter with one variable.
    package struct Problem: Sendable, Equatable {
        package let variable: ConfigurationVariable
        /// Why the value cannot be used; nil where there is none.
        ///
        /// Never holds a secret's value.
        package let reason: String?

        var description: String {
            let state = self.reason.map { "is invalid: \($0)" } ?? "is missing"
            return "\(self.variable.name) \(state). It is \(self.variable.purpose). "
                + "Example: \(self.variable.name)=\(self.variable.example)"
        }
    }

    package let problems: [Problem]

    package var description: String {
        let count = self.problems.count == 1 ? "one variable is" : "\(self.problems.count) variables are"
        let lines = self.problems.map { "  - \($0.description)" }.joined(separator: "\n")
        return "Bad configuration: \(count) missing or invalid. Set what is listed here in the environment or in .env, "
            + "then start again.\n\(lines)"
    }
}
