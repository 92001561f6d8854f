import ArgumentParser

/// Reads the configuration of a command from the process's environment and `.env`.
enum ConfigurationLoader {
    /// Returns the configuration; prints everything that is wrong with it and exits with 78 where it is bad.
    static func load() throws -> RouterConfiguration {
        do {
            return try RouterConfiguration(environment: DotEnvFile.environment())
        } catch {
            CommandOutput.error("\(error)")
            throw ExitCodes.badConfiguration
        }
    }
}
