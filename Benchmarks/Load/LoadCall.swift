/// One call of the load generator, as its carrier sees it: 50 frames a second go out, and what comes back is booked.
final class LoadCall: LoadConnectionOwner {
    /// Frames of the caller, one each 20 ms.
    static let frameNanoseconds: UInt64 = 20_000_000

    let index: Int
    var connection: LoadConnection?
    private(set) var isOpen = false
    /// Audio has come back.
    private(set) var isEstablished = false
    /// The voice model's side, once its first audio has told which call it is.
    weak var session: ModelSession?
    private(set) var closeReason: String?
    /// Frames sent so far; the number of the next one.
    private(set) var sentCount = 0
    /// What reached the model.
    var uplink = SequenceLedger()
    /// What came back.
    private(set) var downlink = SequenceLedger()
    /// Frames of an interrupted response that came after its `clear`.
    private(set) var framesAfterClear = 0
    private(set) var messageCount = 0
    /// The caller's frames of the measured time.
    var window = 0..<0
    /// When the model began to interrupt, and nobody has cleared yet.
    var interruption: (response: Int, at: UInt64)?
    /// When a response's first audio was sent, and none of it has come back yet.
    var firstAudio: (response: Int, at: UInt64)?

    private unowned let measurements: LoadMeasurements
    private let streamID: String
    /// When each of the last 4,096 frames was sent: 80 s.
    private var sentAt = [UInt64](repeating: 0, count: 4_096)
    private var clearedResponse = -1
    /// Marks that wait until the audio before them has been played.
    private var marks: [(name: String, due: UInt64)] = []
    private var playedUntil: UInt64 = 0
    private var text: [UInt8] = []

    init(index: Int, measurements: LoadMeasurements) {
        self.index = index
        self.measurements = measurements
        self.streamID = "STREAM\(index)"
    }

    func opened(_ connection: LoadConnection) {
        connection.send(ModelMessages.bytes(#"{"event":"connected","protocol":"Call","version":"0.2.0"}"#))
        connection.send(
            ModelMessages.bytes(
                """
                {"event":"start","sequenceNumber":"1","start":{"streamSid":"\(self.streamID)",\
                "accountSid":"benchmark","callSid":"CALL\(self.index)","tracks":["inbound"],"customParameters":{},\
                "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}
                """
            )
        )
        self.isOpen = true
    }

    func closed(_ connection: LoadConnection, reason: String) {
        self.isOpen = false
        self.closeReason = reason
    }

    /// Sends the next frame, and the marks whose audio has been played.
    func tick(now: UInt64) {
        guard self.isOpen, let connection = self.connection else { return }
        while let mark = self.marks.first, mark.due <= now {
            self.marks.removeFirst()
            connection.send(
                ModelMessages.bytes(
                    #"{"event":"mark","streamSid":"\#(self.streamID)","mark":{"name":"\#(mark.name)"}}"#
                )
            )
        }
        let number = self.sentCount
        self.text.removeAll(keepingCapacity: true)
        self.text.append(contentsOf: #"{"event":"media","sequenceNumber":""#.utf8)
        self.text.append(contentsOf: String(number + 2).utf8)
        self.text.append(contentsOf: #"","media":{"track":"inbound","chunk":""#.utf8)
        self.text.append(contentsOf: String(number + 1).utf8)
        self.text.append(contentsOf: #"","timestamp":""#.utf8)
        self.text.append(contentsOf: String(number * 20).utf8)
        self.text.append(contentsOf: #"","payload":""#.utf8)
        AudioStamp(call: self.index, response: 0, sequence: number).write(to: &self.text)
        self.text.append(contentsOf: #""}}"#.utf8)
        self.sentAt[number & 4_095] = MonotonicTime.now
        self.sentCount += 1
        connection.send(self.text)
        self.session?.tick(now: now)
    }

    func received(_ text: UnsafeMutableRawBufferPointer, on connection: LoadConnection) {
        let now = MonotonicTime.now
        let message = UnsafeRawBufferPointer(text)
        guard let event = value(after: #""event":""#, in: message) else { return self.measurements.unexpected += 1 }
        if event.elementsEqual("media".utf8) {
            self.receivedMedia(message, now: now)
        } else if event.elementsEqual("mark".utf8) {
            guard let name = value(after: #""name":""#, in: message) else { return }
            self.marks.append((String(decoding: name, as: UTF8.self), max(self.playedUntil, now)))
        } else if event.elementsEqual("clear".utf8) {
            self.receivedClear(now: now)
        } else {
            self.measurements.unexpected += 1
        }
    }

    /// Ends the call as a caller does who hangs up.
    func hangUp() {
        guard self.isOpen, let connection = self.connection else { return }
        connection.send(
            ModelMessages.bytes(
                """
                {"event":"stop","sequenceNumber":"\(self.sentCount + 2)","streamSid":"\(self.streamID)",\
                "stop":{"accountSid":"benchmark","callSid":"CALL\(self.index)"}}
                """
            )
        )
        connection.close(code: 1000)
        self.isOpen = false
    }

    private func receivedMedia(_ message: UnsafeRawBufferPointer, now: UInt64) {
        guard let payload = value(after: #""payload":""#, in: message) else { return self.measurements.unexpected += 1 }
        self.messageCount += 1
        if !self.isEstablished {
            self.isEstablished = true
            self.measurements.establishedCount += 1
        }
        if payload.count == AudioStamp.payloadLength {
            self.receivedFrame(AudioStamp(payload), now: now)
        } else {
            // Several frames in one message, as a router may play what is not urgent.
            for stamp in AudioStamp.all(in: payload) { self.receivedFrame(stamp, now: now) }
        }
    }

    private func receivedFrame(_ stamp: AudioStamp?, now: UInt64) {
        self.playedUntil = max(self.playedUntil, now) + Self.frameNanoseconds
        guard let stamp, stamp.call == self.index else {
            // Audio that nobody stamped: padding at the end of a response, or a frame that was torn.
            return self.measurements.unstamped += 1
        }
        if stamp.response == self.clearedResponse { self.framesAfterClear += 1 }
        if let first = self.firstAudio, first.response == stamp.response {
            self.measurements.firstAudio.add(now - first.at)
            self.firstAudio = nil
        }
        guard self.downlink.arrived(stamp.sequence), stamp.response == 0, self.window.contains(stamp.sequence) else {
            return
        }
        self.measurements.roundTrip.add(now - self.sentAt[stamp.sequence & 4_095])
    }

    private func receivedClear(now: UInt64) {
        // What was queued is gone, and the marks behind it come back at once.
        for index in self.marks.indices { self.marks[index].due = now }
        self.playedUntil = now
        guard let interruption = self.interruption else { return }
        self.measurements.bargeIn.add(now - interruption.at)
        self.clearedResponse = interruption.response
        self.interruption = nil
    }
}
