import Foundation
import NIOCore
import NIOHTTP1
import Wire

extension CarrierCall {
    /// Opens the stream of a document and stays until it is closed.
    ///
    /// - Returns: Whether there was a stream: SWML's `connect_result`.
    @discardableResult
    func connect(_ stream: CallDocument.Stream) async -> Bool {
        let number: Int
        do {
            guard let opened = try await self.open(stream) else {
                self.report(stream, .failed("connection_refused"), streamSID: "")
                return false
            }
            number = opened
        } catch {
            self.record.update { record in
                record.refusedUpgrades.append(0)
                record.anomalies.append("the stream could not be opened: \(error)")
            }
            self.report(stream, .failed("connection_refused_timeout_or_ssl_error"), streamSID: "")
            return false
        }
        let streamSID = self.record.read { $0.streams[number].streamSID }
        self.report(stream, .started, streamSID: streamSID)
        // No call lasts longer than four hours, the carriers' own limit: past it, and when cancelled, the line is ended.
        _ = try? await self.record.wait(for: "the stream to close", within: .seconds(14_400)) { record in
            record.streams[number].close != nil || record.command != nil ? true : nil
        }
        if self.record.read({ $0.streams[number].close == nil }) {
            // The REST API has other plans for the call.
            self.endLine()
            // A router that does not close its end within the time has lost the stream all the same.
            _ = try? await self.record.wait(for: "the close of the stream", within: .seconds(5)) { record in
                record.streams[number].close
            }
        }
        self.line = nil
        self.report(stream, .stopped, streamSID: streamSID)
        return true
    }

    /// - Returns: The stream's place in the record; nil where the router refused it.
    private func open(_ stream: CallDocument.Stream) async throws -> Int? {
        let (port, authority, path) = try self.carrier.resolve(stream.url)
        let callSID = self.record.read(\.callSID)
        let streamSID =
            self.settings.dialect == .twilio
            ? "MZ" + UUID().uuidString.lowercased().replacing("-", with: "") : UUID().uuidString.lowercased()
        let format = stream.codec.map(Self.format) ?? self.settings.format
        let answer = try await SocketClient.connect(
            port: port,
            authority: authority,
            path: path,
            headers: self.upgradeHeaders(stream),
            on: self.eventLoop
        ) { event in
            self.assumeIsolated { $0.receive(event) }
        }
        guard case .opened(let socket) = answer else {
            if case .refused(let status) = answer {
                self.record.update { $0.refusedUpgrades.append(Int(status.code)) }
            }
            return nil
        }
        let now = ContinuousClock.now
        let (index, heardBefore) = self.record.update { record in
            record.streams.append(
                CarrierStreamRecord(streamSID: streamSID, format: format, openedAt: now, parameters: stream.parameters)
            )
            return (record.streams.count - 1, record.ear.heard)
        }
        var messages = CarrierMessages(
            dialect: self.settings.dialect,
            streamSID: streamSID,
            callSID: callSID,
            accountSID: self.settings.accountSID
        )
        socket.send(messages.connected)
        socket.send(messages.start(format: format, parameters: stream.parameters))
        self.line = CarrierLine(
            socket: socket,
            format: format,
            streamSID: streamSID,
            index: index,
            openedAt: now,
            heardBefore: heardBefore,
            messages: messages,
            playout: CarrierPlayout(format: format)
        )
        if let close = self.earlyClose {
            self.earlyClose = nil
            self.closed(close, at: now)
        }
        if self.isHungUp { self.endLine() }
        return index
    }

    private func upgradeHeaders(_ stream: CallDocument.Stream) -> [(name: String, value: String)] {
        switch self.settings.dialect {
        case .signalWire: return stream.authBearerToken.map { [("Authorization", "Bearer \($0)")] } ?? []
        case .twilio:
            guard let key = self.settings.signingKey else { return [] }
            return [("X-Twilio-Signature", WebhookSigner(key: key).signature(url: stream.url))]
        }
    }

    private static func format(_ codec: String) -> AudioFormat {
        // SWML may name the packet time too, as in `L16@24000h@40i`.
        switch codec.split(separator: "@").prefix(2).joined(separator: "@") {
        case "L16@16000h": .l16(rate: 16_000)
        case "L16@24000h": .l16(rate: 24_000)
        default: .pcmu
        }
    }

    /// Says `stop` and closes the socket, as the carrier does when the caller has hung up.
    func endLine() {
        guard var line = self.line else { return }
        line.socket.send(line.messages.stop())
        line.socket.close(code: 1000, reason: "")
        self.line = line
    }

    // MARK: - What the router sends

    private func receive(_ event: SocketEvent) {
        let now = ContinuousClock.now
        switch event {
        case .text(let text): self.receive(text, at: now)
        case .binary: self.anomaly("a binary message (31950)")
        case .closed(let close): self.closed(close, at: now)
        }
    }

    private func closed(_ close: SocketClose, at now: ContinuousClock.Instant) {
        guard var line = self.line else {
            // The router closed before the stream was in place here.
            self.earlyClose = close
            return
        }
        line.playout.advance(to: now)
        // What was not played by then is never heard.
        _ = line.playout.clear(at: now)
        let (items, sounds) = (line.playout.items, line.playout.sounds)
        self.line = nil
        self.record.update { record in
            record.streams[line.index].items = items
            record.streams[line.index].sounds = sounds
            record.streams[line.index].close = close
            record.streams[line.index].closedAt = now
            record.ear.isAudible = false
            if let violation = close.violation { record.anomalies.append(violation) }
        }
    }

    private func receive(_ text: ByteBuffer, at now: ContinuousClock.Instant) {
        // What is wrong with it matters to nobody: it is the router's breach, and is written down as one.
        guard let json = try? StandInJSON(parsing: text), let event = json["event"]?.string else {
            self.anomaly("a message that is not JSON, or has no event (31951)")
            return
        }
        guard json["streamSid"]?.string == self.line?.streamSID else {
            self.anomaly("\(event) for another stream (31951)")
            return
        }
        switch event {
        case "media": self.play(json, at: now)
        case "mark": self.mark(json, at: now)
        case "clear": self.clear(at: now)
        case "dtmf":
            guard self.settings.dialect == .signalWire, let digit = json["dtmf"]?["digit"]?.string, digit.count == 1
            else {
                self.anomaly("dtmf that this carrier does not take (31951)")
                return
            }
            self.update { $0.digits.append(digit) }
        default: self.anomaly("the unknown event \(event) (31951)")
        }
    }

    private func play(_ json: StandInJSON, at now: ContinuousClock.Instant) {
        guard let payload = json["media"]?["payload"]?.string, let data = Data(base64Encoded: payload), !data.isEmpty,
            let format = self.line?.format, json["media"]?.keys == ["payload"]
        else {
            self.anomaly("media without base64 audio, or with a field too many (31951)")
            return
        }
        let audio = [UInt8](data)
        self.line?.playout.play(audio, at: now)
        let frame = audio.prefix(format.frameByteCount)
        let item = FrameStamp(readingFrom: frame, format: format)?.source
        let items = self.line?.playout.items ?? []
        self.update { stream in
            stream.media.append(CarrierStreamRecord.Media(at: now, byteCount: audio.count, item: item))
            stream.audio += audio
            stream.items = items
        }
    }

    private func mark(_ json: StandInJSON, at now: ContinuousClock.Instant) {
        guard let name = json["mark"]?["name"]?.string else {
            self.anomaly("a mark without a name (31951)")
            return
        }
        self.update { $0.marks.append(CarrierStreamRecord.Mark(name: name, at: now)) }
        self.line?.playout.mark(name, at: now)
        self.echoDueMarks()
    }

    private func clear(at now: ContinuousClock.Instant) {
        guard let (discarded, echoes) = self.line?.playout.clear(at: now), let line = self.line else { return }
        let items = line.playout.items
        let last = items.last
        self.update { stream in
            stream.items = items
            stream.clears.append(
                CarrierStreamRecord.Clear(
                    at: now,
                    discardedByteCount: discarded,
                    item: last?.number,
                    heardMilliseconds: (last?.heardByteCount ?? 0) / line.format.bytesPerMillisecond
                )
            )
        }
        self.echo(echoes)
    }

    /// Echoes the marks that are due, and comes back for the next one.
    func echoDueMarks() {
        guard let echoes = self.line?.playout.dueMarks(at: .now) else { return }
        self.echo(echoes)
        guard let next = self.line?.playout.nextMark else { return }
        let delay = max(.zero, ContinuousClock.now.duration(to: next))
        self.eventLoop.scheduleTask(in: TimeAmount(delay)) { self.assumeIsolated { $0.echoDueMarks() } }
    }

    private func echo(_ echoes: [CarrierPlayout.Echo]) {
        for echo in echoes {
            guard let message = self.line?.messages.mark(echo.name) else { return }
            defer { self.line?.socket.send(message) }
            self.update { stream in
                guard let index = stream.marks.firstIndex(where: { $0.name == echo.name && $0.echoedAt == nil }) else {
                    return
                }
                stream.marks[index].echoedAt = .now
                stream.marks[index].isCleared = echo.isCleared
            }
        }
    }

    private func update(_ change: (inout CarrierStreamRecord) -> Void) {
        guard let index = self.line?.index else { return }
        self.record.update { change(&$0.streams[index]) }
    }

    private func anomaly(_ what: String) {
        self.record.update { $0.anomalies.append(what) }
    }
}
