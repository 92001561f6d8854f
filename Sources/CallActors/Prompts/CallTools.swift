/// What the voice model of one call may do beside talking, asking and hanging up.
package struct CallTools: Sendable, Equatable {
    /// Numbers that a call may be handed to, in E.164; empty: none.
    package var transferNumbers: [String] = []
    /// Keys can be pressed for the far end to hear.
    package var sendsKeypad = false
    /// Callbacks can be ordered.
    package var schedulesCallbacks = false
    /// The present moment where the far party is, for callbacks; such as `2026-11-22 14:05 -05:00 (America/New_York)`.
    package var localTime: String?

    package init() {}
}
