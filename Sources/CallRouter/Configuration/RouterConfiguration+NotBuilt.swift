extension RouterConfiguration {
    /// Says aloud which settings are read and checked, and have no effect in this version.
    static func warnOfWhatIsNotBuilt(_ reader: inout ConfigurationReader) {
        let unused: [(variable: ConfigurationVariable, consequence: String)] = [
            (.sentryDSN, "failures are only logged")
        ]
        for (variable, consequence) in unused where reader.value(variable) != nil {
            reader.warn("\(variable.name) has no effect in this version: \(consequence). Remove it, or do without.")
        }
    }
}
