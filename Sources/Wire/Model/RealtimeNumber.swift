/// Holds the numbers of a peer to bounds within which no sum of a call can overflow.
enum RealtimeNumber {
    /// A day: sessions end after an hour.
    private static let longestMilliseconds = 86_400_000.0
    /// Tokens of one response: contexts hold 128 000.
    private static let mostTokens = 1_000_000_000.0
    /// Seconds of one transcription.
    private static let longestSeconds = 86_400.0

    static func milliseconds(_ value: Double) -> Int64 { Int64(Self.held(value, to: Self.longestMilliseconds)) }

    static func tokens(_ value: Double?) -> Int { Int(Self.held(value ?? 0, to: Self.mostTokens)) }

    static func seconds(_ value: Double?) -> Double { Self.held(value ?? 0, to: Self.longestSeconds) }

    /// Unix seconds before the year 10000; nil for what is none.
    static func unixSeconds(_ value: Double?) -> Int? {
        guard let value, value >= 0, value < 253_402_300_800 else { return nil }
        return Int(value)
    }

    private static func held(_ value: Double, to bound: Double) -> Double {
        value > 0 ? min(value, bound) : 0
    }
}
