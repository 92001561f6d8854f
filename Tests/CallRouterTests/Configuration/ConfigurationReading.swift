@testable import CallRouter

extension RouterConfiguration {
    /// The two keys without which nothing starts.
    static let testKeys = ["OPENAI_API_KEY": "sk-secret-openai", "ANTHROPIC_API_KEY": "sk-ant-secret"]

    /// What an environment with the two keys gives.
    static func read(_ environment: [String: String]) throws(ConfigurationError) -> RouterConfiguration {
        try RouterConfiguration(environment: Self.testKeys.merging(environment) { _, new in new })
    }

    /// The names of the variables that are wrong.
    static func problems(_ environment: [String: String]) -> [String] {
        do {
            _ = try self.read(environment)
            return []
        } catch {
            return error.problems.map(\.variable.name)
        }
    }
}
