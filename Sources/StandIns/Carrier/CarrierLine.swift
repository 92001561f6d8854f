import Wire

/// The open media stream of a call.
struct CarrierLine {
    let socket: StandInSocket
    let format: AudioFormat
    let streamSID: String
    /// Its place in the call's record.
    let index: Int
    let openedAt: ContinuousClock.Instant
    /// What was heard on earlier streams of the call.
    let heardBefore: Duration
    var messages: CarrierMessages
    var playout: CarrierPlayout
    /// Frames that a stalled network holds back; nil while it does not.
    var backlog: [(audio: [UInt8], timestamp: Int)]?
}
