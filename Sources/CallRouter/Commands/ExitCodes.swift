import ArgumentParser

/// The exit codes of the commands beside success (0), a failed check or simulation (1) and wrong usage (64).
enum ExitCodes {
    /// The router cannot start: EX_UNAVAILABLE of sysexits.h.
    static let unavailable = ExitCode(69)
    /// The configuration is bad: EX_CONFIG of sysexits.h.
    static let badConfiguration = ExitCode(78)
}
