import CallActors
import Foundation
import Synchronization

/// Numbers that may be called, but for those that a test names, from a moment on that it sets.
final class NumbersDouble: NumberChecking {
    struct State {
        var forbidden: Set<String> = []
        /// Nobody may be called before; nil for at any time.
        var opensAt: Date?
    }

    let state = Mutex(State())

    func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }

    func check(_ number: String) -> NumberVerdict {
        guard number.hasPrefix("+"), number.count > 6 else { return .malformed }
        let isForbidden = self.state.withLock { $0.forbidden.contains(number) }
        return isForbidden ? .notAllowed("The country is not in ALLOWED_COUNTRIES.") : .allowed(number)
    }

    func nextOpening(for number: String, from date: Date) -> Date {
        max(date, self.state.withLock { $0.opensAt } ?? date)
    }

    func timeZone(of number: String) -> TimeZone? { .gmt }
}
