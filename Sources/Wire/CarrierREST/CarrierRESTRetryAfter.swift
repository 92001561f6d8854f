import NIOHTTP1

/// Reads how long a carrier's API asks us to wait: `Retry-After` in seconds (RFC 9110 §10.2.3), which is the form that
/// carriers use.
enum CarrierRESTRetryAfter {
    /// The longest wait that is believed.
    private static let longest = 3600

    static func wait(_ headers: HTTPHeaders) -> Duration? {
        guard let text = headers.first(name: "retry-after"), let seconds = Int(text.filter { $0 != " " }), seconds >= 0
        else { return nil }
        return .seconds(min(seconds, Self.longest))
    }
}
