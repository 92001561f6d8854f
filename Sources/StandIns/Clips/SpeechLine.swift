/// A sentence that somebody says in the calls that the stand-ins play; its recording is `Speech/<rawValue>.ulaw`.
package enum SpeechLine: String, Sendable, CaseIterable {
    // The assistant.
    case greeting, offer, booked, goodbye, hours, correction, checking, advice
    case voicemailMessage = "voicemail-message"
    case timeUp = "time-up"
    case stillThere = "still-there"
    case story, pardon, connecting, unreachable
    // The caller.
    case callerProblem = "caller-problem"
    case callerAccepts = "caller-accepts"
    case callerDone = "caller-done"
    case callerHours = "caller-hours"
    case callerInterrupts = "caller-interrupts"
    case callerPrice = "caller-price"
    case callerDeclines = "caller-declines"
    case callerOptOut = "caller-opt-out"
    case callerHuman = "caller-human"
    case callerTellMore = "caller-tell-more"
    case machineGreeting = "machine-greeting"
    case machineShort = "machine-short"

    /// The words.
    package var text: String {
        switch self {
        case .greeting: "Hello, this is an AI assistant speaking. How can I help you?"
        case .offer: "I am sorry to hear that. Would Tuesday at ten suit you?"
        case .booked: "Done. You are booked for Tuesday at ten. Is there anything else?"
        case .goodbye: "Thank you for calling. Goodbye."
        case .hours:
            "We are open Monday to Friday from eight to six, on Saturday from nine to one, "
                + "and in an emergency there is somebody on call at any hour of the day."
        case .correction: "Of course. You are booked for Saturday at ten."
        case .checking: "One moment, please, let me check that."
        case .advice: "I cannot quote a price, but somebody of the team will call you back with one."
        case .voicemailMessage:
            "Hello, this is an AI assistant. I am calling about your recent request. I am sorry that I missed you. "
                + "If you would rather not be called, just tell us, and we will not call again. Thank you, and goodbye."
        case .timeUp: "I am afraid our time is up. Somebody of the team will get in touch. Thank you, and goodbye."
        case .stillThere: "Are you still there?"
        case .story: "That is quite a story. Please, do go on."
        case .pardon: "Sorry, could you say that again?"
        case .connecting: "Of course. I will put you through to a colleague now."
        case .unreachable: "I am sorry, nobody can take your call right now. Is there anything else?"
        case .callerProblem: "Hi, my kitchen sink is leaking. Can someone come and look at it?"
        case .callerAccepts: "Yes, Tuesday at ten is fine."
        case .callerDone: "No, that is all. Thank you."
        case .callerHours: "What are your opening hours?"
        case .callerInterrupts: "Sorry, I only need Saturday. Can I come at ten?"
        case .callerPrice: "Can you do it any cheaper?"
        case .callerDeclines: "No thank you, I am not interested."
        case .callerOptOut: "Please take me off your list and never call again."
        case .callerHuman: "Can I talk to a real person, please?"
        case .callerTellMore: "And then the water came through the ceiling."
        case .machineGreeting:
            "Hi, you have reached the Miller family. We cannot come to the phone right now. "
                + "Please leave a message after the tone."
        case .machineShort: "Nobody is here. Speak after the beep."
        }
    }

    /// The caller, or their answering machine, says it.
    package var isOfCaller: Bool { self.rawValue.hasPrefix("caller-") || self.isOfMachine }

    /// An answering machine says it.
    package var isOfMachine: Bool { self.rawValue.hasPrefix("machine-") }

    /// The line's place in a ``FrameStamp``: from 1.
    package var number: UInt16 { UInt16((Self.allCases.firstIndex(of: self) ?? 0) + 1) }

    /// The line with this number in a ``FrameStamp``.
    package init?(number: UInt16) {
        guard number > 0, Int(number) <= Self.allCases.count else { return nil }
        self = Self.allCases[Int(number) - 1]
    }

    /// The line with these words.
    package init?(text: String) {
        guard let line = Self.allCases.first(where: { $0.text == text }) else { return nil }
        self = line
    }
}
