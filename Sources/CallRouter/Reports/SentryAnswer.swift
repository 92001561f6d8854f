import Foundation
import NIOHTTP1

/// What a receiver of events said to an envelope.
enum SentryAnswer: Sendable, Equatable {
    case taken
    /// Nothing may be sent for this long; `isTaken` says whether this envelope was still taken.
    case limited(Duration, isTaken: Bool)
    /// Refused for good: sending it again would not help.
    case refused(status: Int)
    /// Worth another try.
    case unavailable(String)

    /// The wait after a 429 that names none, as Sentry's documentation has it.
    static let defaultLimit = Duration.seconds(60)
    /// The longest wait that is believed: a day.
    private static let longestLimit = 86_400

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - status: The status of the response.
    ///   - headers: Its headers: `X-Sentry-Rate-Limits` may come with any status and goes before `Retry-After`.
    ///   - now: For a `Retry-After` that is a date.
    init(status: Int, headers: HTTPHeaders, now: Date = Date()) {
        let isTaken = (200..<300).contains(status)
        let fields = headers["x-sentry-rate-limits"]
        let named = fields.isEmpty ? nil : Self.errorLimit(fields.joined(separator: ","))
        if status == 429 {
            let wait = named ?? Self.retryAfter(headers.first(name: "retry-after"), now: now) ?? Self.defaultLimit
            self = .limited(wait, isTaken: false)
        } else if let named, isTaken {
            self = .limited(named, isTaken: true)
        } else if isTaken {
            self = .taken
        } else if status >= 500 || status == 408 {
            self = .unavailable("HTTP \(status)")
        } else {
            self = .refused(status: status)
        }
    }

    /// `60:error;default:organization, 2700:transaction:key`: seconds, categories, scope; no category means all.
    private static func errorLimit(_ text: String) -> Duration? {
        let waits = text.split(separator: ",").compactMap { limit -> Int? in
            let parts = limit.split(separator: ":", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard let seconds = parts.first.flatMap(Self.seconds) else { return nil }
            let categories = parts.count > 1 ? parts[1].split(separator: ";").map(String.init) : []
            return categories.isEmpty || categories.contains("error") ? seconds : nil
        }
        return waits.max().map { .seconds($0) }
    }

    private static func retryAfter(_ text: String?, now: Date) -> Duration? {
        guard let text else { return nil }
        if let seconds = Self.seconds(text.trimmingCharacters(in: .whitespaces)) { return .seconds(seconds) }
        guard let date = HTTPDate.date(text) else { return nil }
        return .seconds(min(max(0, Int(date.timeIntervalSince(now).rounded(.up))), Self.longestLimit))
    }

    /// Whole seconds; a fraction counts as a whole one.
    private static func seconds(_ text: String) -> Int? {
        guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
        return Int(min(number.rounded(.up), Double(Self.longestLimit)))
    }
}
