extension RouterConfiguration {
    /// Says aloud which settings are read and checked, and have no effect in this version.
    static func warnOfWhatIsNotBuilt(_ reader: inout ConfigurationReader, streams: Streams) {
        let unused: [(variable: ConfigurationVariable, consequence: String)] = [
            (.supabaseURL, "calls are kept in the embedded store, and no lead is updated"),
            (.redisURL, "no jobs are taken from a queue"),
            (.maxCallCost, "calls are not priced, so no call ends for its cost"),
            (.sentryDSN, "failures are only logged"),
        ]
        for (variable, consequence) in unused where reader.value(variable) != nil {
            reader.warn("\(variable.name) has no effect in this version: \(consequence). Remove it, or do without.")
        }
        if streams.codec == .l16Wide {
            reader.warn(
                "STREAM_CODEC=L16@16000h is not carried in this version: such streams are closed with 1003. "
                    + "Use PCMU@8000h or L16@24000h."
            )
        }
    }
}
