/// What the carrier is to do with a call next, whichever language it is told in.
enum CallInstruction: Sendable, Equatable {
    /// Connect the call to its media stream, and ask again when that ends.
    case connect(callID: String)
    /// Press these keys for the far end to hear, then connect the call to its media stream again.
    case press(digits: String, callID: String)
    /// Put the call through to a human, and ask again when that ends.
    case dial(number: String, callID: String)
    /// Say that no voice can be had any more, and end the call.
    case apologise
    /// Say that the call is not taken, and end it.
    case turnAway
    /// Come back in two seconds to this path, with its query.
    case wait(path: String)
    case hangUp
}
