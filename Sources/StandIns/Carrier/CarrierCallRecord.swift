import Foundation
import Wire

/// Everything that happened to one call, as its carrier and its caller saw it.
package struct CarrierCallRecord: Sendable {
    /// One fetch of a document.
    package struct Fetch: Sendable {
        package var url: String
        package var method: String
        package var at: ContinuousClock.Instant
        /// nil where there was no answer.
        package var status: Int?
        package var verbs: [CallDocument.Verb] = []
        package var error: String?
    }

    /// Something the caller said or played.
    package struct Utterance: Sendable {
        package var text: String
        package var line: SpeechLine?
        /// When its first frame was sent.
        package var startedAt: ContinuousClock.Instant?
        /// When its last frame was sent.
        package var endedAt: ContinuousClock.Instant?
        /// Frames that no stream was there to carry.
        package var lostFrames = 0
    }

    package enum End: Sendable, Equatable {
        /// The caller hung up.
        case callerHungUp
        /// The document said so, or had no verb left.
        case documentEnded
        /// The router ended it through the REST API.
        case endedByAPI
        /// It was never answered: busy, no answer, failed or canceled.
        case notAnswered(PhoneStatus)
        /// A document could not be had or used.
        case failed(String)
    }

    /// One callback, once it was delivered or given up.
    package struct Callback: Sendable, Equatable {
        package enum Kind: Sendable, Equatable { case status, answering, stream }

        package var kind: Kind
        /// `CallStatus`, `AnsweredBy` or the stream's event.
        package var value: String
        package var sequenceNumber: Int?
        /// HTTP statuses of the tries; 0 where there was no answer.
        package var tries: [Int]
    }

    /// The other leg of a `<Dial>`.
    package struct DialledLeg: Sendable, Equatable {
        package var callSID: String
        package var number: String
        package var callerID: String?
        package var startedAt: ContinuousClock.Instant
        package var answeredAt: ContinuousClock.Instant?
        package var endedAt: ContinuousClock.Instant?
        /// `DialCallStatus`, once it is over.
        package var status: String?
        /// The person on it has hung up.
        package var isHungUp = false
    }

    /// What the REST API asked of a live call and was not carried out yet.
    package enum Command: Sendable, Equatable {
        case redirect(CarrierOrder.Link)
        case end
    }

    /// What the caller hears, brought up to date every 20 ms.
    package struct Ear: Sendable, Equatable {
        /// Sound of the router is coming out.
        package var isAudible = false
        /// Until when something was heard that was not silence.
        package var lastSoundAt: ContinuousClock.Instant?
        /// How long nothing has come out.
        package var silence = Duration.zero
        /// All that was heard.
        package var heard = Duration.zero
        /// What was heard since the caller last said something.
        package var heardSinceSpoke = Duration.zero
    }

    package let callSID: String
    /// The caller: the source of the stamps in its audio.
    package let number: UInt32
    package let from: String
    package let to: String
    /// `inbound`, or `outbound-api` for a call that the router placed.
    package var direction = "inbound"
    /// The order of a call that the router placed.
    package var order: CarrierOrder?
    package var status = PhoneStatus.queued
    package var createdDate = Date()
    package var answeredDate: Date?
    package var endedDate: Date?
    /// The result of the answering machine detection, once there is one.
    package var answeredBy: String?
    package var callbacks: [Callback] = []
    package var legs: [DialledLeg] = []
    /// Keypad tones that documents played, in order.
    package var playedDigits = ""
    package var command: Command?
    /// Documents that the REST API put in the place of the running one.
    package var redirects: [CarrierOrder.Link] = []
    package var mailbox: MailboxReport?
    package var fetches: [Fetch] = []
    package var streams: [CarrierStreamRecord] = []
    package var utterances: [Utterance] = []
    package var ear = Ear()
    /// Frames of the caller that were sent on a stream.
    package var sentFrames = 0
    /// Their sequence numbers: one range for each time that a stream was there.
    package var sentSequences: [ClosedRange<UInt32>] = []
    /// Frames that no stream was there to carry.
    package var lostFrames = 0
    /// Texts of `<Say>`.
    package var said: [String] = []
    package var dialled: [CallDocument.Dial] = []
    /// Statuses with which upgrades were refused; 0 where the connection failed.
    package var refusedUpgrades: [Int] = []
    /// What the router did that the carrier would not take.
    package var anomalies: [String] = []
    package var isHungUp = false
    package var answeredAt: ContinuousClock.Instant?
    package var end: End?
    package var endedAt: ContinuousClock.Instant?

    package init(callSID: String, number: UInt32, from: String, to: String) {
        self.callSID = callSID
        self.number = number
        self.from = from
        self.to = to
    }

    /// Whole seconds of talk so far.
    package var talkSeconds: Int {
        guard let answeredDate else { return 0 }
        return Int((self.endedDate ?? Date()).timeIntervalSince(answeredDate))
    }

    /// The verb that runs must stop: somebody hung up, or the REST API has other plans.
    package var isInterrupted: Bool { self.isHungUp || self.command != nil }

    /// The router's identifier of the call, once a stream was told it.
    package var callID: String? { self.streams.lazy.compactMap { $0.parameters["callId"] }.first }

    /// The items of the voice model that arrived, over all streams, in order.
    package var items: [CarrierPlayout.HeardItem] { self.streams.flatMap(\.items) }

    /// Milliseconds that were heard of the item with this number, over all streams.
    package func heardMilliseconds(ofItem number: UInt32) -> Int {
        self.streams.reduce(0) { sum, stream in
            let bytes = stream.items.filter { $0.number == number }.reduce(0) { $0 + $1.heardByteCount }
            return sum + bytes / stream.format.bytesPerMillisecond
        }
    }
}
