/// What the calls of a run do.
package enum LoadMode: String, Codable, CaseIterable, Sendable {
    /// Every frame of the caller is answered by one delta of the same audio.
    case echo
    /// An answer of 3 s every 5 s, every second one interrupted.
    case talk
    /// The caller's audio goes up, and nothing comes back.
    case silence
}
