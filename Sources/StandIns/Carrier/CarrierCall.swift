import NIOCore
import Wire

/// One phone call: the network that carries out documents, and the caller on the line. Isolated to an event loop.
package actor CarrierCall {
    // The loop's executor is held here because it must outlive the actor.
    private let executor: any SerialExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    /// What is known of this call, from anywhere.
    package nonisolated let record: Record<CarrierCallRecord>
    nonisolated let carrier: StandInCarrier
    nonisolated let eventLoop: any EventLoop
    nonisolated let callbacks = CallbackLane()
    nonisolated var settings: CarrierSettings { self.carrier.settings }

    var line: CarrierLine?
    var earlyClose: SocketClose?
    var voice: CallerVoice
    var pacer: Scheduled<Void>?
    var nextTick = ContinuousClock.now
    /// The language of the documents that the call is steered with now.
    var format = DocumentFormat.laml
    var nextSequenceNumber = 0
    /// What becomes of a call that the router placed.
    var callee: Callee?
    /// What becomes of the next `<Dial>`, whatever number it dials.
    var dialledParty: Callee?

    init(carrier: StandInCarrier, eventLoop: any EventLoop, record: CarrierCallRecord) {
        self.executor = eventLoop.executor
        self.eventLoop = eventLoop
        self.carrier = carrier
        self.voice = CallerVoice(source: record.number)
        self.record = Record(record)
    }

    /// Makes the call: fetches the document at `address` and does what it says, until the call is over.
    ///
    /// - Parameters:
    ///   - address: A path below the router's public address, such as `/laml/inbound`.
    ///   - direction: `inbound`, or `outbound-api` for a call that the router placed.
    ///   - format: The language of the documents.
    package func run(
        from address: String = "/laml/inbound",
        direction: String = "inbound",
        format: DocumentFormat = .laml
    ) async {
        async let callbacks: Void = self.callbacks.run()
        self.record.update { $0.direction = direction }
        // Callers hear the ringing, which ends with the answer: the numbers of both are taken.
        self.nextSequenceNumber = 2
        self.enter(.inProgress)
        let fetch = Fetch(url: self.settings.publicBase + address, method: "POST", format: format)
        await self.live(fetch)
        self.callbacks.finish()
        await callbacks
    }

    /// Opens a stream without a document, as a router with `STREAM_AUTH=off` may be used, and keeps it until it closes.
    ///
    /// - Parameters:
    ///   - path: Of the stream, such as `/media-stream`.
    ///   - parameters: The custom parameters of the start message.
    ///   - token: For the `Authorization` header of the upgrade.
    package func stream(
        path: String = "/media-stream",
        parameters: [String: String] = [:],
        token: String? = nil
    ) async {
        self.record.update { $0.answeredAt = .now }
        self.startPacing()
        await self.connect(
            CallDocument.Stream(
                url: self.settings.publicBase + path,
                authBearerToken: token,
                codec: nil,
                isRealtime: true,
                parameters: parameters
            )
        )
        self.stopPacing()
        self.finish(.documentEnded)
    }

    /// What an answered call does, from its first document to its end.
    func live(_ first: Fetch) async {
        self.startPacing()
        var next: Fetch? = first
        var end = CarrierCallRecord.End.documentEnded
        // A call that is redirected more often than this goes round in circles.
        for _ in 0..<100 {
            guard let fetch = next, !self.isOver else { break }
            do {
                next = try await self.perform(try await self.document(fetch)) ?? self.takeRedirect()
            } catch {
                next = self.takeRedirect()
                if next == nil { end = .failed("\(error)") }
            }
        }
        self.stopPacing()
        self.enter(.completed)
        self.finish(self.record.read { $0.command == .end } ? .endedByAPI : end)
    }

    func finish(_ end: CarrierCallRecord.End) {
        let final: CarrierCallRecord.End = self.isHungUp ? .callerHungUp : end
        self.record.update { record in
            record.end = final
            record.endedAt = .now
        }
    }

    nonisolated var isHungUp: Bool { self.record.read(\.isHungUp) }

    /// Nothing more is carried out: somebody hung up, or the REST API ended the call.
    nonisolated var isOver: Bool { self.record.read { $0.isHungUp || $0.command == .end } }

    /// The document that the REST API put in the place of the running one, once.
    func takeRedirect() -> Fetch? {
        let link: CarrierOrder.Link? = self.record.update { record in
            guard !record.isHungUp, case .redirect(let link) = record.command else { return nil }
            record.command = nil
            record.redirects.append(link)
            return link
        }
        return link.map { Fetch(url: $0.url, method: $0.method, format: .laml) }
    }

    /// Lets time pass, unless the caller hangs up or the REST API has other plans.
    func pass(_ duration: Duration) async {
        // A timeout is what is waited for: nobody hung up.
        _ = try? await self.record.wait(for: "somebody to hang up", within: duration) { record in
            record.isInterrupted ? true : nil
        }
    }
}
