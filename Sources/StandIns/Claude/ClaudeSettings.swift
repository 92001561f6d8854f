/// How the stand-in of Claude behaves.
package struct ClaudeSettings: Sendable {
    /// What a request is answered with instead of an answer.
    package enum Trouble: Sendable, Equatable {
        /// An HTTP error; 529 is `overloaded_error`.
        case status(Int)
        /// 200 and an answer with the stop reason `refusal`.
        case refusal
        /// No answer at all, on an open connection.
        case hang
        /// Half an answer, then the connection is gone.
        case abort
        /// A stream that ends in an `error` event.
        case errorEvent
        /// An answer that is not what the format asked for.
        case malformed
        /// Cut by `max_tokens`.
        case cut
    }

    /// Which requests.
    package enum Kind: Sendable, Equatable { case reasoning, summary }

    /// The key that `x-api-key` must hold; another one is refused with 401.
    package var apiKey = "sk-ant-stand-in"
    /// The wait before the first word of an answer.
    package var delay = Duration.milliseconds(350)
    /// The advice that questions during a call get.
    package var advice = SpeechLine.advice.text
    /// Begins an answer with a thinking block, as current models do unless it is turned off.
    package var thinks = false
    /// Troubles of the first requests of each kind, one each; later ones are answered.
    package var reasoningTroubles: [Trouble] = []
    package var summaryTroubles: [Trouble] = []
    /// Every request of this kind runs into this trouble, after those above.
    package var permanentTrouble: (kind: Kind, trouble: Trouble)?

    package init() {}
}
