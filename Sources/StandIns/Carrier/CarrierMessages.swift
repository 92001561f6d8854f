import Foundation
import NIOCore
import Wire

/// The messages of a carrier on one media stream, in the shape of its dialect.
struct CarrierMessages: Sendable {
    let dialect: CarrierSettings.Dialect
    let streamSID: String
    let callSID: String
    let accountSID: String
    private var sequenceNumber = 0
    private var chunk = 0

    init(dialect: CarrierSettings.Dialect, streamSID: String, callSID: String, accountSID: String) {
        self.dialect = dialect
        self.streamSID = streamSID
        self.callSID = callSID
        self.accountSID = accountSID
    }

    var connected: StandInJSON {
        ["event": "connected", "protocol": "Call", "version": self.dialect == .twilio ? "1.0.0" : "0.2.0"]
    }

    mutating func start(format: AudioFormat, parameters: [String: String]) -> StandInJSON {
        let encoding: StandInJSON = format == .pcmu ? "audio/x-mulaw" : "audio/x-L16"
        let mediaFormat: StandInJSON = [
            "encoding": encoding, "sampleRate": StandInJSON(format.sampleRate), "channels": 1,
        ]
        let tracks: StandInJSON = ["inbound"]
        var start: StandInJSON
        switch self.dialect {
        case .signalWire:
            start = [
                "streamSid": .string(self.streamSID), "accountSid": .string(self.accountSID),
                "callSid": .string(self.callSID), "tracks": tracks,
            ]
            if !parameters.isEmpty { start = start.setting("customParameters", StandInJSON(parameters)) }
            start = start.setting("mediaFormat", mediaFormat)
        case .twilio:
            start = [
                "accountSid": .string(self.accountSID), "streamSid": .string(self.streamSID),
                "callSid": .string(self.callSID), "tracks": tracks, "mediaFormat": mediaFormat,
                "customParameters": StandInJSON(parameters),
            ]
        }
        return self.withStreamSID(["event": "start", "sequenceNumber": self.nextNumber(), "start": start])
    }

    /// The media message of one frame that was recorded `timestamp` milliseconds into the stream.
    ///
    /// Written as one text, without a JSON value in between: this message is sent 50 times a second.
    mutating func media(_ audio: [UInt8], timestamp: Int) -> ByteBuffer {
        self.chunk += 1
        self.sequenceNumber += 1
        let payload = Data(audio).base64EncodedString()
        let sid = self.dialect == .twilio ? ",\"streamSid\":\"\(self.streamSID)\"" : ""
        return ByteBuffer(
            string:
                "{\"event\":\"media\",\"sequenceNumber\":\"\(self.sequenceNumber)\",\"media\":{\"track\":\"inbound\","
                + "\"chunk\":\"\(self.chunk)\",\"timestamp\":\"\(timestamp)\",\"payload\":\"\(payload)\"}\(sid)}"
        )
    }

    mutating func dtmf(_ digit: String) -> StandInJSON {
        switch self.dialect {
        case .signalWire:
            [
                "event": "dtmf", "sequenceNumber": self.nextNumber(), "streamSid": .string(self.streamSID),
                "dtmf": ["digit": .string(digit), "duration": 2000],
            ]
        case .twilio:
            [
                "event": "dtmf", "streamSid": .string(self.streamSID), "sequenceNumber": self.nextNumber(),
                "dtmf": ["track": "inbound_track", "digit": .string(digit)],
            ]
        }
    }

    /// The echo of a mark; SignalWire's has no sequence number.
    mutating func mark(_ name: String) -> StandInJSON {
        let mark: StandInJSON = ["name": .string(name)]
        return switch self.dialect {
        case .signalWire: ["event": "mark", "streamSid": .string(self.streamSID), "mark": mark]
        case .twilio:
            [
                "event": "mark", "sequenceNumber": self.nextNumber(), "streamSid": .string(self.streamSID),
                "mark": mark,
            ]
        }
    }

    mutating func stop() -> StandInJSON {
        switch self.dialect {
        case .signalWire: ["event": "stop", "sequenceNumber": self.nextNumber()]
        case .twilio:
            [
                "event": "stop", "sequenceNumber": self.nextNumber(), "streamSid": .string(self.streamSID),
                "stop": ["accountSid": .string(self.accountSID), "callSid": .string(self.callSID)],
            ]
        }
    }

    private mutating func nextNumber() -> StandInJSON {
        self.sequenceNumber += 1
        return .string(String(self.sequenceNumber))
    }

    private func withStreamSID(_ message: StandInJSON) -> StandInJSON {
        self.dialect == .twilio ? message.setting("streamSid", .string(self.streamSID)) : message
    }
}
