import NIOCore
import Synchronization
import Testing
import Wire

@testable import CallActors

/// Opens fake sockets to a voice model, each as it was told to.
final class FakeModelConnector: ModelConnector {
    enum Behaviour: Sendable {
        /// Opens, and confirms the session at once in the format that was asked for.
        case ready
        /// Opens and says nothing by itself.
        case silent
        /// Confirms another format than was asked for.
        case otherFormat(AudioFormat)
        case failure(ModelConnectError)
    }

    /// The sockets that were opened, in order.
    let links = EventLog<FakeModelLink>()
    /// Every attempt, with the far party's number.
    let attempts = EventLog<String?>()
    private let behaviours: Mutex<[Behaviour]>

    /// - Parameter behaviours: Of the sockets in order; after them all are ready.
    init(_ behaviours: [Behaviour] = []) { self.behaviours = Mutex(behaviours) }

    func connect(on loop: CallLoop, endUser: String?, receiver: any ModelReceiver) async throws(ModelConnectError) {
        let behaviour = self.behaviours.withLock { $0.isEmpty ? .ready : $0.removeFirst() }
        self.attempts.append(endUser)
        if case .failure(let error) = behaviour { throw error }
        let link = FakeModelLink(behaviour: behaviour, loop: loop, receiver: receiver)
        loop.eventLoop.execute {
            receiver.modelOpened(link)
            self.links.append(link)
            if case .silent = behaviour { return }
            receiver.model(event: .sessionCreated(.none), readAt: .now)
        }
    }

    /// The socket number `index`, now or once it is opened.
    func link(_ index: Int = 0) async -> FakeModelLink {
        await self.links.wait(count: index + 1)
        guard index < self.links.events.count else {
            Issue.record("socket \(index) to the model was never opened")
            return FakeModelLink(behaviour: .silent, loop: CallBench.loops[0], receiver: nil)
        }
        return self.links.events[index]
    }
}

/// One socket to a voice model that writes down what it is told, and says what the test wants.
final class FakeModelLink: ModelLink {
    enum Event: Sendable, Equatable {
        case command(ModelCommand)
        case audio(String)
        case close
    }

    let log = EventLog<Event>()
    private let behaviour: FakeModelConnector.Behaviour
    private let loop: CallLoop
    private let receiver: Mutex<(any ModelReceiver)?>
    private let writable = Mutex(true)

    init(behaviour: FakeModelConnector.Behaviour, loop: CallLoop, receiver: (any ModelReceiver)?) {
        self.behaviour = behaviour
        self.loop = loop
        self.receiver = Mutex(receiver)
    }

    var isWritable: Bool {
        get { self.writable.withLock { $0 } }
        set { self.writable.withLock { $0 = newValue } }
    }

    func append(base64: ByteBuffer) { self.log.append(.audio(String(buffer: base64))) }

    func send(_ command: ModelCommand, eventID: String) {
        self.log.append(.command(command))
        guard case .configure(let settings) = command else { return }
        switch self.behaviour {
        case .ready, .silent: self.say(.sessionUpdated(.format(settings.format)))
        case .otherFormat(let format): self.say(.sessionUpdated(.format(format)))
        case .failure: break
        }
    }

    func flush() {}

    /// As a real socket does, a closed one says so a little later.
    func close() {
        self.log.append(.close)
        self.drop(code: 1000)
    }

    // MARK: - What the model does

    /// Says these things in one read of the socket.
    func say(_ events: ModelEvent...) { self.say(events) }

    func say(_ events: [ModelEvent]) {
        self.loop.eventLoop.execute {
            for event in events { self.receiver.withLock { $0 }?.model(event: event, readAt: .now) }
            self.receiver.withLock { $0 }?.modelReadComplete()
        }
    }

    func sayNonsense() {
        self.loop.eventLoop.execute {
            let error = ModelMessageError(byteCount: 3, reason: "no JSON")
            self.receiver.withLock { $0 }?.modelSentMalformedMessage(error)
        }
    }

    func drop(code: UInt16? = nil, reason: String = "") {
        self.loop.eventLoop.execute {
            let receiver = self.receiver.withLock { receiver in
                defer { receiver = nil }
                return receiver
            }
            receiver?.modelClosed(code: code, reason: reason)
        }
    }

    /// A whole response with its sound and its words.
    func speak(_ response: String, item: String, _ words: String, audio: [UInt8], after previous: String? = nil) {
        self.say([
            .responseCreated(id: response, metadata: [:]),
            .itemAdded(ModelItem(id: item, kind: .message(role: .assistant)), previousItemID: previous),
            .transcriptDelta(responseID: response, itemID: item, text: words),
            .audio(responseID: response, itemID: item, base64: Base64.encode(ByteBuffer(bytes: audio))),
            .audioDone(responseID: response, itemID: item),
            .transcriptDone(responseID: response, itemID: item, text: words),
            .responseDone(ModelResponseResult(id: response, status: .completed)),
        ])
    }

    /// A whole turn of the caller, heard up to `end` of this session's audio.
    func hear(_ item: String, _ words: String, until end: Duration, after previous: String? = nil) {
        self.say([
            .speechStarted(itemID: item, audioStart: .zero), .speechStopped(itemID: item, audioEnd: end),
            .committed(itemID: item, previousItemID: previous),
            .itemAdded(ModelItem(id: item, kind: .message(role: .user)), previousItemID: previous),
            .callerTranscript(itemID: item, text: words, usage: nil),
        ])
    }

    // MARK: - What it was told

    var commands: [ModelCommand] {
        self.log.events.compactMap { if case .command(let command) = $0 { command } else { nil } }
    }

    /// The caller audio that was appended, in order.
    var audio: [String] { self.log.events.compactMap { if case .audio(let text) = $0 { text } else { nil } } }

    func audio(count: Int) async -> [String] {
        await self.log.wait { $0.count { if case .audio = $0 { true } else { false } } >= count }
        return self.audio
    }

    func command(where matches: @escaping @Sendable (ModelCommand) -> Bool) async {
        _ = await self.log.first { if case .command(let command) = $0 { matches(command) } else { false } }
    }

    /// Waits until a response with these instructions was asked for, `count` times.
    func request(_ instructions: String?, count: Int = 1) async {
        await self.log.wait { events in
            events.count {
                if case .command(.createResponse(let request)) = $0 {
                    request.instructions == instructions
                } else {
                    false
                }
            } >= count
        }
    }

    /// The texts of the items that were created, in order.
    var items: [String] {
        self.commands.compactMap {
            guard case .createItem(let item) = $0 else { return nil }
            switch item {
            case .message(_, let role, let text): return "\(role.rawValue): \(text)"
            case .functionCall(_, let callID, let name, _): return "call \(callID): \(name)"
            case .functionCallOutput(_, let callID, let output): return "output \(callID): \(output)"
            }
        }
    }
}

extension ModelSessionInfo {
    static let none = ModelSessionInfo(id: nil, inputFormat: nil, outputFormat: nil, expiresAt: nil)

    static func format(_ format: AudioFormat) -> ModelSessionInfo {
        ModelSessionInfo(id: nil, inputFormat: format, outputFormat: format, expiresAt: nil)
    }
}
