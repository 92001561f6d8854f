import NIOCore
import NIOHTTP1
import Wire

/// One Realtime session of the stand-in, isolated to the event loop of its socket.
package actor ModelConnection {
    // The loop's executor is held here because it must outlive the actor.
    private let executor: any SerialExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    /// What is known of this connection, from anywhere.
    package nonisolated let record: Record<ModelConnectionRecord>
    package nonisolated let index: Int
    nonisolated let settings: ModelSettings
    nonisolated let script: ModelScript
    nonisolated let shared: ModelShared
    nonisolated let eventLoop: any EventLoop

    private var socket: StandInSocket?
    private var isClosed = false
    /// This side has closed or dropped the socket: what still arrives is not heard any more.
    private(set) var isEnding = false
    private var eventCount = 0
    private var itemCount = 0
    private var sessionIsOpen = false
    var session: RealtimeSession
    var conversation = ModelConversation()
    var input: ModelInput
    var responses: [String: ActiveResponse] = [:]
    /// The active response of the conversation; others are out of band.
    var activeResponseID: String?
    var responseCount = 0
    /// A response that is to be made when the active one is done.
    var owedTurn: ModelTurn.Cause?
    var idleTimer: Scheduled<Void>?
    var firedFaults: Set<Int> = []
    var framesIntoUtterance = 0
    /// Input tokens of the last response: what the next one finds cached.
    var lastInputTokens = 0

    init(
        index: Int,
        head: HTTPRequestHead,
        eventLoop: any EventLoop,
        settings: ModelSettings,
        script: ModelScript,
        shared: ModelShared
    ) {
        self.executor = eventLoop.executor
        self.eventLoop = eventLoop
        self.index = index
        self.settings = settings
        self.script = script
        self.shared = shared
        self.session = RealtimeSession(
            id: "sess_\(index)",
            model: ModelShared.model(of: head.uri) ?? "",
            expiresAt: 2_000_000_000
        )
        self.input = ModelInput(settings: settings)
        self.record = Record(
            ModelConnectionRecord(index: index, uri: head.uri, headers: head.headers, openedAt: .now)
        )
    }

    /// Begins the session on a socket that was just opened; on the loop.
    func open(on socket: StandInSocket, isBeta: Bool) {
        self.socket = socket
        self.schedule(after: self.settings.startDelay) { connection in
            if isBeta {
                connection.record.update { $0.violations.append("the OpenAI-Beta header was sent") }
                connection.sendError(
                    code: "beta_api_shape_disabled",
                    message: "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
                )
                connection.close(code: 4000, reason: "invalid_request_error.beta_api_shape_disabled")
                return
            }
            connection.sessionIsOpen = true
            connection.record.update { $0.session = connection.session.json }
            connection.send("session.created", [("session", connection.session.json)])
        }
    }

    func handle(_ event: SocketEvent) {
        switch event {
        case .text(let text): if !self.isEnding { self.receive(text) }
        case .binary: self.violation("a binary message was sent")
        case .closed(let close): self.closed(close)
        }
    }

    /// Closes the connection with a close frame.
    package func close(code: UInt16, reason: String) {
        self.isEnding = true
        self.socket?.close(code: code, reason: reason)
    }

    /// Drops the connection without a close frame.
    package func drop() {
        self.isEnding = true
        self.socket?.abort()
    }

    /// Sends a message as it is.
    package func send(raw text: String) {
        self.socket?.send(ByteBuffer(string: text))
    }

    private func closed(_ close: SocketClose) {
        self.isClosed = true
        self.idleTimer?.cancel()
        for response in self.responses.values { response.timer?.cancel() }
        self.responses = [:]
        self.socket = nil
        self.record.update { record in
            record.close = close
            if let violation = close.violation { record.violations.append(violation) }
        }
    }

    private func receive(_ text: ByteBuffer) {
        let now = ContinuousClock.now
        // The real API does not say where the body is wrong either.
        guard let json = try? StandInJSON(parsing: text), let type = json["type"]?.string else {
            self.violation("a message is not JSON, or lacks a type")
            self.sendError(code: "invalid_json", message: "We could not parse the JSON body of your message.")
            return
        }
        guard self.sessionIsOpen else {
            self.violation("\(type) was sent before session.created")
            return
        }
        if type == "input_audio_buffer.append" {
            self.append(json, at: now)
            return
        }
        self.record.update {
            $0.received.append(ModelConnectionRecord.ReceivedEvent(type: type, json: json, at: now))
        }
        do throws(ModelConversation.Refusal) {
            try self.perform(type, json)
        } catch {
            self.sendError(code: error.code, message: error.message, param: error.param, cause: json)
        }
    }

    private func perform(_ type: String, _ json: StandInJSON) throws(ModelConversation.Refusal) {
        switch type {
        case "session.update": try self.updateSession(json)
        case "input_audio_buffer.commit": try self.commit()
        case "input_audio_buffer.clear": self.clearInput()
        case "conversation.item.create": try self.createItem(json)
        case "conversation.item.delete": try self.deleteItem(json)
        case "conversation.item.retrieve": try self.retrieveItem(json)
        case "conversation.item.truncate": try self.truncateItem(json)
        case "response.create": try self.createResponse(json)
        case "response.cancel": try self.cancelResponse(json)
        default:
            self.violation("\(type) is no event of a WebSocket client")
            throw .invalid("type", "unknown event '\(type)'")
        }
    }

    private func updateSession(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        try self.session.apply(json["session"])
        self.input.apply(self.session)
        self.record.update { record in
            record.session = self.session.json
            record.isConfigured = true
        }
        self.send("session.updated", [("session", self.session.json)])
        self.trip(.configured)
    }
}

// MARK: - Sending

extension ModelConnection {
    /// Sends one event: its type, an identifier and `fields` in order.
    func send(_ type: String, _ fields: [(String, StandInJSON)]) {
        guard !self.isClosed, let socket = self.socket else { return }
        self.eventCount += 1
        var members = [
            StandInJSONMember(name: "type", value: .string(type)),
            StandInJSONMember(name: "event_id", value: .string("event_\(self.index)_\(self.eventCount)")),
        ]
        members += fields.map { StandInJSONMember(name: $0.0, value: $0.1) }
        let json = StandInJSON.object(members)
        let shown = type == "response.output_audio.delta" ? json.setting("delta", "") : json
        self.record.update {
            $0.sent.append(ModelConnectionRecord.SentEvent(type: type, json: shown, at: .now))
        }
        socket.send(json)
    }

    func sendError(code: String, message: String, param: String? = nil, cause: StandInJSON? = nil) {
        self.record.update { $0.errorCodes.append(code) }
        self.sendError(type: "invalid_request_error", code: code, message: message, param: param, cause: cause)
    }

    func sendError(type: String, code: String, message: String, param: String?, cause: StandInJSON?) {
        let error: StandInJSON = [
            "type": .string(type), "code": .string(code), "message": .string(message), "param": StandInJSON(param),
            "event_id": StandInJSON(cause?["event_id"]?.string),
        ]
        self.send("error", [("error", error)])
    }

    func violation(_ what: String) {
        self.record.update { $0.violations.append(what) }
    }

    /// Runs `body` on the loop after `delay`, at once if that is zero, and not after the socket has closed.
    @discardableResult
    func schedule(
        after delay: Duration,
        _ body: @escaping @Sendable (isolated ModelConnection) -> Void
    ) -> Scheduled<Void>? {
        guard delay > .zero else {
            body(self)
            return nil
        }
        return self.eventLoop.scheduleTask(in: TimeAmount(delay)) {
            self.assumeIsolated { connection in
                guard !connection.isClosed else { return }
                body(connection)
            }
        }
    }

    func newItemID() -> String {
        self.itemCount += 1
        return "item_\(self.index)_\(self.itemCount)"
    }
}
