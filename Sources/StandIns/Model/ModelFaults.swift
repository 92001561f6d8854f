/// What goes wrong with a voice model.
package struct ModelFaults: Sendable {
    /// What happens when a trigger is reached.
    package enum Action: Sendable, Equatable {
        /// Drops TCP without a close frame.
        case drop
        /// Closes with this code.
        case close(code: UInt16, reason: String)
        /// Sends `session_expired` and closes with 1001, as after 60 minutes.
        case expire
        /// Sends an error event and goes on.
        case error(type: String, code: String, message: String)
        /// Sends this text as it is.
        case send(String)
    }

    package enum Trigger: Sendable, Equatable {
        /// The session is configured.
        case configured
        /// This many frames of 20 ms were appended.
        case appendedFrames(Int)
        /// This many frames were appended since the caller began to speak for the n-th time (from 1).
        case intoUtterance(Int, frames: Int)
        /// The n-th response of the conversation (from 1) has sent this many pieces of audio.
        case intoResponse(Int, pieces: Int)
        /// This many responses of the conversation are done.
        case responsesDone(Int)
    }

    package enum Scope: Sendable, Equatable {
        case everyConnection
        /// Connections of the stand-in by their index, from 0.
        case connections(Range<Int>)
        /// The first connection of a call that gets there: never twice in one call. Calls are told apart by the
        /// stamps in the caller's audio.
        case oncePerCall
    }

    package struct Fault: Sendable, Equatable {
        package var scope: Scope
        package var trigger: Trigger
        package var action: Action

        package init(_ scope: Scope = .everyConnection, at trigger: Trigger, _ action: Action) {
            self.scope = scope
            self.trigger = trigger
            self.action = action
        }
    }

    package var faults: [Fault] = []
    /// HTTP statuses that refuse the first upgrades, one each; later ones are accepted.
    package var refusals: [Int] = []

    package init() {}
}
