/// How the process comes to its end, and how it is held back before.
///
/// Decides about signals; time is an argument, and what must be done is returned.
package struct DrainState: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        case running
        /// Refuses new calls without stopping (SIGUSR1).
        case holding
        /// Refuses new calls and stops when the live ones are over (SIGTERM, SIGINT).
        case draining
        /// Ends the live calls at once (a second signal).
        case ending
        /// No live call is left: what is known is being stored, then the process exits.
        case finishing
    }

    package enum Event: Sendable, Equatable {
        /// SIGTERM or SIGINT.
        case terminate
        /// SIGUSR1.
        case hold
        /// SIGUSR2.
        case release
        /// The drain number `generation` found no live call any more.
        case drained(generation: Int)
    }

    package enum Action: Sendable, Equatable {
        /// Refuse new calls, and report ``Event/drained(generation:)`` when no live one is left; nil sets no deadline.
        case drain(deadline: Duration?, generation: Int)
        case undrain
        /// End every live call now; the drain that is under way reports when they are gone.
        case endCalls
        /// Store what there is and stop.
        case finish
    }

    package private(set) var phase = Phase.running
    /// The end was asked for twice: nothing that takes time is begun any more.
    package private(set) var isHurried = false
    /// Counts the drains, so that the end of one that was taken back means nothing.
    private var generation = 0
    private let drainTime: Duration

    /// - Parameter drainTime: How long live calls may go on after the first signal.
    package init(drainTime: Duration) { self.drainTime = drainTime }

    /// New calls are refused.
    package var isDraining: Bool { self.phase != .running }

    /// Takes one event and returns what must be done about it, in order.
    package mutating func handle(_ event: Event) -> [Action] {
        let (next, actions) = self.step(event)
        self.phase = next
        return actions
    }

    private mutating func step(_ event: Event) -> (Phase, [Action]) {
        switch (self.phase, event) {
        case (.running, .hold): return (.holding, [self.drain(deadline: nil)])
        case (.running, .terminate), (.holding, .terminate):
            return (.draining, [self.drain(deadline: self.drainTime)])
        case (.holding, .release): return (.running, [.undrain])
        case (.draining, .terminate):
            self.isHurried = true
            return (.ending, [.endCalls])
        case (.finishing, .terminate):
            guard !self.isHurried else { return (.finishing, []) }
            self.isHurried = true
            return (.finishing, [.endCalls])
        case (.draining, .drained(self.generation)), (.ending, .drained(self.generation)):
            return (.finishing, [.finish])
        // Held back with no calls: it goes on waiting for either signal.
        case (.holding, .drained): return (.holding, [])
        // The end of a drain that was taken back, or that a later one has replaced.
        case (.running, .drained), (.draining, .drained), (.ending, .drained): return (self.phase, [])
        case (.running, .release), (.holding, .hold): return (self.phase, [])
        // The way to the exit is one-way: SIGUSR2 takes back only what SIGUSR1 did.
        case (.draining, .hold), (.draining, .release): return (.draining, [])
        case (.ending, .terminate), (.ending, .hold), (.ending, .release): return (.ending, [])
        case (.finishing, .hold), (.finishing, .release), (.finishing, .drained): return (.finishing, [])
        }
    }

    private mutating func drain(deadline: Duration?) -> Action {
        self.generation += 1
        return .drain(deadline: deadline, generation: self.generation)
    }
}
