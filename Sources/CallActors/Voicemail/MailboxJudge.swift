import Foundation

/// Decides whether a mailbox has answered, from three witnesses that may come in any order or not at all: the carrier's
/// detection, the words of the far end, and the beep; how long the far end speaks without a pause counts beside them.
///
/// Every witness adds points, every sign of a person takes some away. Two points are a suspicion, on which the message is
/// produced; four are a certainty. No witness but the carrier's "machine, and its beep was heard" is certain alone.
package struct MailboxJudge: Sendable, Equatable {
    /// What settled it, as the journal keeps it.
    package enum Witness: String, Sendable {
        case carrier, words, beep, greeting, model
        /// The carrier heard a fax: there is nobody to leave a message for.
        case fax
    }

    package enum Verdict: Sendable, Equatable {
        case undecided
        case suspect
        case certain(Witness)
        case human
    }

    /// Speech without a pause of this length is suspicious alone: a person who takes a call says a sentence, a greeting
    /// is several.
    private static let longGreeting = Duration.milliseconds(4500)
    /// A greeting begins with the answer.
    private static let greetingBegins = Duration.seconds(6)
    /// A shorter pause does not end a greeting.
    private static let greetingPause = Duration.milliseconds(1200)
    /// Nobody looks for a mailbox longer than this.
    package static let patience = Duration.seconds(90)

    package private(set) var verdict = Verdict.undecided
    /// Somebody speaks on the line now.
    package private(set) var hearsSpeech = false
    /// A beep was heard, and nobody has spoken since.
    package private(set) var beepIsLast = false
    package private(set) var carrier: AnsweredBy?

    private var hasBeep = false
    private var modelSaysSo = false
    private var isPlain = false
    private var hints: Set<String> = []
    private var personalTurns = 0
    /// Short turns of the far end that answered the AI.
    private var exchanges = 0
    /// A short turn that may be a piece of a greeting with pauses: it counts once the far end was silent for a while.
    private var hasShortTurn = false
    /// The AI has been heard.
    private var hasSpoken = false
    private var stretch: (start: Duration, end: Duration)?
    private var greeting = Duration.zero
    private var now = Duration.zero

    package init() {}

    package static func == (first: Self, second: Self) -> Bool {
        first.verdict == second.verdict && first.score == second.score && first.now == second.now
    }

    // MARK: - Witnesses

    /// The carrier's detection has a result.
    package mutating func answered(by answer: AnsweredBy) {
        self.carrier = answer
        self.decide(answer == .fax ? .fax : .carrier)
    }

    /// Something is heard on the line.
    package mutating func hear(_ event: LineEvent) {
        self.now = max(self.now, event.at)
        switch event {
        case .speechBegan(let at):
            self.hearsSpeech = true
            self.beepIsLast = false
            if let stretch = self.stretch, at - stretch.end <= Self.greetingPause {
                self.stretch = (stretch.start, at)
            } else {
                self.stretch = (at, at)
                if self.hasShortTurn { self.exchanges += 1 }
                self.hasShortTurn = false
                self.decide(.words)
            }
        case .speechGoesOn(let at), .speechPaused(let at):
            self.hearsSpeech = event == .speechGoesOn(at: at)
            self.stretch?.end = at
            self.measure()
            self.decide(.greeting)
        case .speechFollows: self.beepIsLast = false
        case .toneBegan: break
        case .beepEnded:
            self.hasBeep = true
            self.beepIsLast = true
            self.decide(.beep)
        }
    }

    /// A turn of the far end was transcribed.
    package mutating func read(_ words: String) {
        let count = words.split(whereSeparator: \.isWhitespace).count
        guard count > 0 else { return }
        let phrases = MailboxPhrases(words)
        if phrases.isPersonal {
            self.personalTurns += 1
        } else {
            self.isPlain = self.isPlain || phrases.isPlain
            self.hints.formUnion(phrases.hints)
        }
        // Words tell the length of a first turn, too, at three in a second.
        if self.exchanges == 0, !phrases.isPersonal {
            self.greeting = max(self.greeting, .milliseconds(330 * count))
        }
        let isShort = count <= 10 && phrases.hints.isEmpty && !phrases.isPlain && self.greeting < .seconds(4)
        if self.hasSpoken, phrases.isPersonal || (isShort && self.stretch == nil) {
            self.exchanges += 1
        } else if self.hasSpoken, isShort {
            self.hasShortTurn = true
        }
        self.decide(.words)
    }

    /// The model, which hears the line too, takes it for a mailbox.
    package mutating func modelSaysMailbox() {
        self.modelSaysSo = true
        self.decide(.model)
    }

    /// The far end has heard something of the AI: what it says from now on may be an answer.
    package mutating func assistantSpoke() { self.hasSpoken = true }

    /// The listening has lasted long enough: without a suspicion it is a person.
    package mutating func giveUp() { if self.verdict == .undecided { self.verdict = .human } }

    // MARK: - Judgement

    private mutating func measure() {
        guard self.exchanges == 0, let stretch = self.stretch, stretch.start <= Self.greetingBegins else { return }
        self.greeting = max(self.greeting, stretch.end - stretch.start)
    }

    private var carrierPoints: Int {
        switch self.carrier {
        case .machineEndBeep, .fax: 4
        case .machineStart, .machineEndSilence, .machineEndOther: 3
        // Weak: a short greeting sounds like a person.
        case .human: -1
        case .unknown, nil: 0
        }
    }

    private var wordPoints: Int { self.isPlain ? 3 : min(2, self.hints.count) }

    private var greetingPoints: Int {
        self.greeting >= Self.longGreeting ? 2 : self.greeting >= .seconds(3) ? 1 : 0
    }

    /// What speaks for a machine beside the length of its greeting.
    private var evidence: Int {
        max(0, self.carrierPoints) + self.wordPoints + (self.hasBeep ? 2 : 0) + (self.modelSaysSo ? 3 : 0)
    }

    private var score: Int {
        self.evidence + min(0, self.carrierPoints) + self.greetingPoints - min(3, self.exchanges)
            - (self.personalTurns > 0 ? 2 : 0)
    }

    private mutating func decide(_ witness: Witness) {
        switch self.verdict {
        case .certain, .human: return
        case .undecided, .suspect: break
        }
        if self.score >= 4 {
            self.verdict = .certain(self.carrier == .fax ? .fax : witness)
        } else if self.isHuman {
            self.verdict = .human
        } else if self.score >= 2 {
            self.verdict = .suspect
        } else if self.now >= Self.patience {
            self.giveUp()
        }
    }

    /// Two answers of a person, more where something speaks for a machine, fewer where the carrier heard a person too.
    private var isHuman: Bool {
        let signs = self.exchanges + (self.personalTurns > 0 ? 1 : 0) + (self.carrier == .human ? 1 : 0)
        return self.exchanges > 0 && signs >= 2 + (self.evidence >= 3 ? 2 : self.evidence >= 2 ? 1 : 0)
    }
}
