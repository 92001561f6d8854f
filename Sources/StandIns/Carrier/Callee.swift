/// What becomes of a call to a number, and of the callbacks about it.
package struct Callee: Sendable {
    package enum Answer: Sendable, Equatable {
        /// Somebody answers after this much ringing.
        case answers(after: Duration)
        /// Nobody does; the carrier gives up after this long, or after the order's `Timeout` if that is shorter.
        case noAnswer(after: Duration)
        case busy(after: Duration)
        case fails(after: Duration)
    }

    /// The result of the answering machine detection, where the order asks for one.
    package struct Detection: Sendable, Equatable {
        /// `AnsweredBy`.
        package var answeredBy: String
        /// Counted from the answer.
        package var after: Duration

        package init(_ answeredBy: String, after: Duration) {
            self.answeredBy = answeredBy
            self.after = after
        }
    }

    package var answer: Answer
    /// nil where none comes by itself; ``CarrierCall/reportAnsweredBy(_:)`` then may.
    package var detection: Detection?
    /// How long the person of a `<Dial>` talks; nil until ``CarrierCall/endDialledLeg()``.
    package var talkTime: Duration?
    /// The wait from the order to the first ring.
    package var setupTime = Duration.milliseconds(10)
    /// When the status callback of a state is sent, once for each element, counted from the state's begin: empty, it is
    /// never sent; with two, twice; with a long one, after its successors.
    package var deliveries: @Sendable (PhoneStatus) -> [Duration] = { _ in [.zero] }

    package init(_ answer: Answer, detection: Detection? = nil, talkTime: Duration? = nil) {
        self.answer = answer
        self.detection = detection
        self.talkTime = talkTime
    }

    /// Answers soon, and is taken for a human.
    package static let person = Callee(
        .answers(after: .milliseconds(50)),
        detection: Detection("human", after: .milliseconds(900)),
        talkTime: .milliseconds(600)
    )
    /// Answers soon, and is taken for what ``CarrierCall/reportAnsweredBy(_:)`` says.
    package static let machine = Callee(.answers(after: .milliseconds(50)))
    package static let absent = Callee(.noAnswer(after: .milliseconds(200)))
    package static let engaged = Callee(.busy(after: .milliseconds(50)))
    package static let unreachable = Callee(.fails(after: .milliseconds(50)))
}
