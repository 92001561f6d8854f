/// What is measured.
package enum LoadTarget: String, Codable, CaseIterable, Sendable {
    /// `CallRouter serve`.
    case router
    /// The least that a relay can do, in C.
    case floor
}
