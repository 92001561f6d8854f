import Foundation

/// Leaves the message on a mailbox that was found: when it starts, when it stops again, and when the call is done.
///
/// It waits for the beep. Where none comes, it starts after a stated silence: 4 s after the greeting, 2 s where the
/// carrier says that the greeting is over, at once where the carrier has heard the beep. Speech over the message stops
/// it, and it starts again from its beginning after the next beep.
package struct MessageDrop: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        case line(LineEvent)
        /// The carrier says that the greeting is over.
        case greetingEnded(withBeep: Bool)
        /// Sound of the message is there.
        case messageArrived
        /// No sound of the message is there any more.
        case messageLost
        /// Nobody spoke for the time of ``Action/awaitSilence(_:)``.
        case silenceLasted
        /// All of the message was heard.
        case heard
    }

    package enum Action: Sendable, Equatable {
        case play(attempt: Int)
        case stop
        case awaitSilence(Duration)
        case stopWaiting
        /// The message should be there and is not: wait for it this long.
        case awaitMessage(Duration)
        case done
    }

    package enum Stage: Sendable, Equatable {
        case awaitingBeep
        /// The line is ready, the message is not.
        case awaitingMessage
        case playing(since: Duration)
        case done
    }

    /// The whole time that a mailbox gets, from its finding to the hang-up.
    package static let longest = Duration.seconds(90)
    /// How long a ready line waits for the message.
    package static let messagePatience = Duration.seconds(15)
    /// A beep this soon after the message's begin is the one that it should have waited for.
    private static let early = Duration.seconds(10)

    package private(set) var stage = Stage.awaitingBeep
    private var hasMessage: Bool
    private var isSpoken: Bool
    private var patience = Duration.seconds(4)
    private var attempts = 0
    private var now = Duration.zero

    /// - Parameters:
    ///   - hasMessage: Sound of the message is there.
    ///   - isSpoken: The greeting is still being spoken.
    package init(hasMessage: Bool, isSpoken: Bool) {
        self.hasMessage = hasMessage
        self.isSpoken = isSpoken
    }

    package var isPlaying: Bool { if case .playing = self.stage { true } else { false } }

    /// Begins: at once where the beep has been heard already.
    package mutating func begin(afterBeep: Bool) -> [Action] {
        if afterBeep { return self.start() }
        return self.isSpoken ? [] : [.awaitSilence(self.patience)]
    }

    package mutating func handle(_ event: Event) -> [Action] {
        if case .line(let line) = event { self.now = max(self.now, line.at) }
        switch (self.stage, event) {
        case (.awaitingBeep, .line(let line)): return self.wait(line)
        case (.awaitingBeep, .greetingEnded(let withBeep)):
            self.patience = withBeep ? .milliseconds(300) : .seconds(2)
            return self.isSpoken ? [] : [.awaitSilence(self.patience)]
        case (.awaitingBeep, .silenceLasted):
            self.now += self.patience
            return self.start()
        case (.awaitingMessage, .messageArrived):
            self.hasMessage = true
            return self.start()
        case (.awaitingMessage, .line(let line)):
            switch line {
            case .speechBegan, .speechFollows, .toneBegan: return self.waitAgain(line)
            case .speechGoesOn, .speechPaused, .beepEnded: return []
            }
        case (.playing(let since), .line(let line)):
            switch line {
            case .speechFollows: return [.stop] + self.waitAgain(line)
            case .beepEnded(let at) where at - since <= Self.early: return [.stop] + self.start()
            case .speechBegan: self.isSpoken = true
            case .speechPaused: self.isSpoken = false
            case .beepEnded, .speechGoesOn, .toneBegan: break
            }
            return []
        case (.playing, .heard):
            self.stage = .done
            return [.done]
        case (_, .messageArrived):
            self.hasMessage = true
            return []
        case (_, .messageLost):
            self.hasMessage = false
            guard self.isPlaying else { return [] }
            self.stage = .awaitingMessage
            return [.awaitMessage(Self.messagePatience)]
        // Late news, or of no meaning there.
        case (.awaitingBeep, .heard), (.awaitingMessage, _), (.playing, _), (.done, _): return []
        }
    }

    private mutating func wait(_ line: LineEvent) -> [Action] {
        switch line {
        case .speechBegan, .speechGoesOn, .speechFollows:
            self.isSpoken = true
            return [.stopWaiting]
        case .speechPaused:
            self.isSpoken = false
            return [.awaitSilence(self.patience)]
        // Where it turns out not to be a beep, the silence after it counts.
        case .toneBegan: return [.awaitSilence(max(self.patience, .seconds(2)))]
        case .beepEnded: return self.start()
        }
    }

    /// Somebody speaks: the next beep counts, or the next long silence.
    private mutating func waitAgain(_ line: LineEvent) -> [Action] {
        self.stage = .awaitingBeep
        self.patience = .seconds(4)
        if case .toneBegan = line { return self.wait(line) }
        self.isSpoken = true
        // Speech that goes on puts this off again.
        return [.awaitSilence(self.patience)]
    }

    private mutating func start() -> [Action] {
        guard self.hasMessage else {
            self.stage = .awaitingMessage
            return [.stopWaiting, .awaitMessage(Self.messagePatience)]
        }
        self.attempts += 1
        self.stage = .playing(since: self.now)
        return [.stopWaiting, .play(attempt: self.attempts)]
    }
}
