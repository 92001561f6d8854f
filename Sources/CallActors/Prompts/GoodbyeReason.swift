/// Why the AI takes leave of a caller who has not finished.
package enum GoodbyeReason: String, Sendable, CaseIterable {
    case maxDuration = "max_duration"
    case maxCost = "max_cost"
    case drained
}
