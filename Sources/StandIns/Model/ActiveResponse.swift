import NIOCore

/// A response that is being put out.
struct ActiveResponse {
    let id: String
    let cause: ModelTurn.Cause
    let isOutOfBand: Bool
    let isText: Bool
    let metadata: StandInJSON
    let maxOutputTokens: StandInJSON
    /// The n-th response of its connection, from 1; 0 out of band.
    let number: Int
    var steps: ArraySlice<ResponsePlan.Step>
    /// The item that was begun and is not done.
    var current: Current?
    /// Items that are done, as `response.done` shows them.
    var output: [ModelConversation.Item] = []
    var audioPieces = 0
    /// Milliseconds of sound that were put out.
    var audioMilliseconds = 0
    var firstAudioAt: ContinuousClock.Instant?
    var timer: Scheduled<Void>?
    /// How it ends, where not completed.
    var failure: (code: String, message: String)?
    var isIncomplete = false

    /// The item that is being put out.
    struct Current {
        var item: ModelConversation.Item
        let output: ResponsePlan.Output
        let index: Int
        /// Words, arguments or text so far.
        var text = ""
        var byteCount = 0
        let callID: String
    }
}
