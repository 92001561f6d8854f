import Foundation
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
    nonisolated var settings: CarrierSettings { self.carrier.settings }

    var line: CarrierLine?
    var earlyClose: SocketClose?
    var voice: CallerVoice
    var pacer: Scheduled<Void>?
    var nextTick = ContinuousClock.now

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
    package func run(from address: String = "/laml/inbound", direction: String = "inbound") async {
        self.record.update { $0.answeredAt = .now }
        self.startPacing()
        var next: Fetch? = Fetch(url: self.settings.publicBase + address, method: "POST", extra: [])
        var end = CarrierCallRecord.End.documentEnded
        // A call that is redirected more often than this goes round in circles.
        for _ in 0..<100 {
            guard let fetch = next, !self.isHungUp else { break }
            do {
                next = try await self.perform(try await self.document(fetch, direction: direction))
            } catch {
                end = .failed("\(error)")
                next = nil
            }
        }
        self.stopPacing()
        let final: CarrierCallRecord.End = self.isHungUp ? .callerHungUp : end
        self.record.update { record in
            record.end = final
            record.endedAt = .now
        }
        await self.reportEnd(direction)
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
        let final: CarrierCallRecord.End = self.isHungUp ? .callerHungUp : .documentEnded
        self.record.update { record in
            record.end = final
            record.endedAt = .now
        }
    }

    struct Fetch {
        var url: String
        var method: String
        var extra: [(name: String, value: String)]
    }

    nonisolated var isHungUp: Bool { self.record.read(\.isHungUp) }

    private func document(_ fetch: Fetch, direction: String) async throws -> CallDocument {
        let (callSID, from, to) = self.record.read { ($0.callSID, $0.from, $0.to) }
        let form: [(name: String, value: String)] =
            [
                ("AccountSid", self.settings.accountSID), ("ApiVersion", "2010-04-01"), ("CallSid", callSID),
                ("CallStatus", "in-progress"), ("Direction", direction), ("From", from), ("To", to),
            ] + fetch.extra
        do {
            return try await self.fetch(fetch, form)
        } catch {
            guard let fallback = self.settings.fallbackURL, fallback != fetch.url, !self.isHungUp else { throw error }
            return try await self.fetch(Fetch(url: fallback, method: "POST", extra: []), form)
        }
    }

    private func fetch(_ fetch: Fetch, _ form: [(name: String, value: String)]) async throws -> CallDocument {
        var entry = CarrierCallRecord.Fetch(url: fetch.url, method: fetch.method, at: .now)
        do {
            let (status, body) = try await self.carrier.request(fetch.method, fetch.url, form: form)
            entry.status = status
            guard status == 200 else { throw CallDocument.Refusal(reason: "HTTP status \(status)") }
            let document = try CallDocument(parsing: body)
            entry.verbs = document.verbs
            let done = entry
            self.record.update { $0.fetches.append(done) }
            return document
        } catch {
            entry.error = "\(error)"
            let failed = entry
            self.record.update { $0.fetches.append(failed) }
            throw error
        }
    }

    /// Carries out the verbs; returns the document that takes over, or nil when the call is over.
    private func perform(_ document: CallDocument) async throws -> Fetch? {
        for verb in document.verbs {
            guard !self.isHungUp else { return nil }
            switch verb {
            case .connect(let stream): await self.connect(stream)
            case .redirect(let url, let method): return Fetch(url: url, method: method, extra: [])
            case .say(let text):
                self.record.update { $0.said.append(text) }
                await self.pass(self.settings.sayCharacterTime * text.count)
            case .pause(let seconds): await self.pass(.seconds(seconds))
            case .dial(let dial):
                self.record.update { $0.dialled.append(dial) }
                let (status, after) = self.settings.dialResult?(dial) ?? ("no-answer", .milliseconds(200))
                await self.pass(after)
                guard let action = dial.action, !self.isHungUp else { continue }
                return Fetch(url: action, method: dial.method, extra: [("DialCallStatus", status)])
            case .hangup: return nil
            }
        }
        return nil
    }

    /// Lets time pass, unless the caller hangs up.
    private func pass(_ duration: Duration) async {
        _ = try? await self.record.wait(for: "the caller to hang up", within: duration) { $0.isHungUp ? true : nil }
    }

    /// Tells the number's status callback that the call is over, where there is one.
    private func reportEnd(_ direction: String) async {
        guard let url = self.settings.statusCallbackURL else { return }
        let (callSID, from, to) = self.record.read { ($0.callSID, $0.from, $0.to) }
        let seconds = self.record.read { record in
            record.answeredAt.map { Int($0.duration(to: .now).components.seconds) } ?? 0
        }
        let form: [(name: String, value: String)] = [
            ("AccountSid", self.settings.accountSID), ("ApiVersion", "2010-04-01"), ("CallSid", callSID),
            ("CallStatus", "completed"), ("CallDuration", String(seconds)), ("Direction", direction), ("From", from),
            ("To", to), ("SequenceNumber", "3"), ("CallbackSource", "call-progress-events"),
        ]
        do {
            let (status, _) = try await self.carrier.request("POST", url, form: form)
            guard status != 204, status != 200 else { return }
            self.record.update { $0.anomalies.append("the status callback was answered with \(status)") }
        } catch {
            self.record.update { $0.anomalies.append("the status callback failed: \(error)") }
        }
    }
}
