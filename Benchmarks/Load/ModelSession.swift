import Foundation

/// One session of the voice model of the load generator.
///
/// In mode `echo` one response lasts for the whole call, and each frame of the caller is answered by one delta with the
/// same audio. In mode `talk` a response of 3 s begins every 5 s, sent at once in deltas of 200 to 400 ms, and every
/// second one is interrupted after 1.5 s.
final class ModelSession: LoadConnectionOwner {
    private static let utterancePeriod: UInt64 = 5_000_000_000
    private static let interruptionDelay: UInt64 = 1_500_000_000
    private static let speechDuration: UInt64 = 1_000_000_000
    private static let framesPerUtterance = 150
    /// Frames of the caller after which the model speaks without having been asked: 500 ms.
    private static let patience = 25

    private enum Talk {
        case quiet(until: UInt64)
        case speaking(interruptAt: UInt64)
        case callerSpeaks(until: UInt64)
    }

    let connection: LoadConnection
    private let mode: LoadMode
    private let calls: [LoadCall]
    private(set) weak var call: LoadCall?
    private(set) var messageCount = 0
    private(set) var truncateCount = 0
    private(set) var refusal: String?
    private(set) var isOpen = true
    /// Numbers of the frames of responses that were sent whole and not interrupted, with when they were sent.
    private(set) var finishedUtterances: [(frames: Range<Int>, at: UInt64)] = []

    private var isConfigured = false
    private var response = 0
    private var isSpeaking = false
    private var metadata = "null"
    private var deltaPrefix: [UInt8] = []
    private var framesSent = 0
    private var talk = Talk.quiet(until: 0)
    private var message: [UInt8] = []

    init(connection: LoadConnection, mode: LoadMode, calls: [LoadCall]) {
        self.connection = connection
        self.mode = mode
        self.calls = calls
    }

    func opened(_ connection: LoadConnection) { connection.send(ModelMessages.sessionCreated) }

    func closed(_ connection: LoadConnection, reason: String) {
        self.isOpen = false
        self.refusal = reason
    }

    func received(_ text: UnsafeMutableRawBufferPointer, on connection: LoadConnection) {
        let message = UnsafeRawBufferPointer(text)
        if value(after: #""type":"input_audio_buffer."#, in: message)?.elementsEqual("append".utf8) == true {
            return self.receivedAudio(message)
        }
        // Anything else is rare, and its keys may come in any order.
        let object = try? JSONSerialization.jsonObject(with: Data(message))
        guard let object = object as? [String: Any], let type = object["type"] as? String else { return }
        self.receivedControl(type, object)
    }

    /// Lets the model of mode `talk` speak, be interrupted and listen, each in its time.
    func tick(now: UInt64) {
        guard self.mode == .talk, let call = self.call, call.isOpen else { return }
        switch self.talk {
        case .quiet(let end) where now >= end:
            self.speak(to: call, now: now)
        case .speaking(let interruptAt) where now >= interruptAt:
            // The number is the response's, and the time that of the audio received so far.
            call.interruption = (self.response, MonotonicTime.now)
            self.connection.send(ModelMessages.speechStarted(self.response, at: self.messageCount * 20))
            self.talk = .callerSpeaks(until: now + Self.speechDuration)
        case .callerSpeaks(let end) where now >= end:
            for text in ModelMessages.speechEnd(self.response, at: self.messageCount * 20) {
                self.connection.send(text)
            }
            self.talk = .quiet(until: now + Self.utterancePeriod - Self.interruptionDelay - Self.speechDuration)
        case .quiet, .speaking, .callerSpeaks: break
        }
    }

    private func receivedAudio(_ message: UnsafeRawBufferPointer) {
        guard let payload = value(after: #""audio":""#, in: message), let stamp = AudioStamp(payload),
            self.calls.indices.contains(stamp.call)
        else { return }
        self.messageCount += 1
        let call = self.calls[stamp.call]
        if self.call == nil {
            self.call = call
            call.session = self
            // Spread over the period, so that the utterances of all calls do not begin together.
            let phase = Self.utterancePeriod / UInt64(self.calls.count) * UInt64(stamp.call)
            self.talk = .quiet(until: MonotonicTime.now + phase)
        }
        guard call.uplink.arrived(stamp.sequence), self.mode == .echo else { return }
        if self.response == 0, self.messageCount > Self.patience { self.startResponse() }
        guard self.response > 0 else { return }
        self.message.removeAll(keepingCapacity: true)
        self.message.append(contentsOf: self.deltaPrefix)
        self.message.append(contentsOf: payload)
        self.message.append(contentsOf: ModelMessages.deltaSuffix)
        self.connection.send(self.message)
    }

    private func receivedControl(_ type: String, _ object: [String: Any]) {
        switch type {
        case "session.update":
            self.connection.send(ModelMessages.sessionUpdated)
            self.isConfigured = true
        case "response.create":
            guard !self.isSpeaking else { return self.connection.send(ModelMessages.activeResponseError) }
            // The metadata come back as they were sent.
            let response = object["response"] as? [String: Any]
            if let metadata = response?["metadata"], let data = try? JSONSerialization.data(withJSONObject: metadata) {
                self.metadata = String(decoding: data, as: UTF8.self)
            }
            switch self.mode {
            case .echo: self.startResponse()
            case .talk:
                guard let call = self.call else { return self.talk = .quiet(until: 0) }
                self.speak(to: call, now: MonotonicTime.now)
            }
        case "conversation.item.truncate": self.truncateCount += 1
        default: break
        }
    }

    private func startResponse() {
        self.response += 1
        self.isSpeaking = true
        self.deltaPrefix = ModelMessages.deltaPrefix(self.response)
        for text in ModelMessages.responseStart(self.response, metadata: self.metadata) { self.connection.send(text) }
    }

    /// Sends a whole response at once.
    private func speak(to call: LoadCall, now: UInt64) {
        guard self.isConfigured else { return }
        self.startResponse()
        let frames = self.framesSent..<self.framesSent + Self.framesPerUtterance
        call.firstAudio = (self.response, MonotonicTime.now)
        var next = frames.lowerBound
        while next < frames.upperBound {
            let end = min(frames.upperBound, next + Int.random(in: 10...20))
            var audio = Data()
            for number in next..<end {
                var text: [UInt8] = []
                AudioStamp(call: call.index, response: self.response, sequence: number).write(to: &text)
                audio.append(Data(base64Encoded: Data(text)) ?? Data())
            }
            self.connection.send(self.deltaPrefix + audio.base64EncodedData() + ModelMessages.deltaSuffix)
            next = end
        }
        self.framesSent = frames.upperBound
        for text in ModelMessages.responseEnd(self.response, status: "completed", metadata: self.metadata) {
            self.connection.send(text)
        }
        self.isSpeaking = false
        self.metadata = "null"
        if self.response.isMultiple(of: 2) {
            self.talk = .speaking(interruptAt: now + Self.interruptionDelay)
        } else {
            self.talk = .quiet(until: now + Self.utterancePeriod)
            self.finishedUtterances.append((frames, now))
        }
    }
}

/// What the calls of a run do.
enum LoadMode: String, Codable, CaseIterable {
    case echo, talk
}
