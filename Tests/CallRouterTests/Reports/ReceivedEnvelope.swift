import Foundation
import NIOCore
import NIOHTTP1
import StandIns

/// An envelope as a strict server reads it: every rule that is broken is a fault.
struct ReceivedEnvelope: Sendable {
    /// What is wrong with a request.
    struct Fault: Error {
        let what: String
    }

    /// The events in it; none in an empty envelope.
    let events: [StandInJSON]

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - request: What was posted.
    ///   - path: Where it must have been posted.
    ///   - key: Whose key it must show.
    /// - Throws: ``Fault``
    init(_ request: LoopbackRequest, path: String, key: String) throws {
        try Self.expect(request.method == .POST, "it is posted")
        try Self.expect(request.uri == path, "it goes to \(path), not to \(request.uri)")
        try Self.expect(
            request.headers["content-type"] == ["application/x-sentry-envelope"],
            "the type of its content is that of envelopes"
        )
        try Self.expect(request.headers.first(name: "content-encoding") == nil, "it is not compressed")
        try Self.check(authorization: request.headers["x-sentry-auth"], key: key)
        var rest = Data(request.body.readableBytesView)[...]
        let header = try StandInJSON(parsing: ByteBuffer(bytes: Self.line(&rest)))
        if let sentAt = header["sent_at"] {
            try Self.expect(sentAt.string.flatMap(Self.date) != nil, "sent_at is a date")
        }
        var events: [StandInJSON] = []
        while !rest.isEmpty {
            let item = try StandInJSON(parsing: ByteBuffer(bytes: Self.line(&rest)))
            guard let length = item["length"]?.int, length <= rest.count else {
                throw Fault(what: "the length is wrong")
            }
            let payload = rest.prefix(length)
            rest = rest.dropFirst(length)
            try Self.expect(rest.isEmpty || rest.first == UInt8(ascii: "\n"), "a newline follows the item")
            rest = rest.dropFirst()
            try Self.expect(item["type"]?.string == "event", "its item is an event")
            let event = try StandInJSON(parsing: ByteBuffer(bytes: payload))
            try Self.expect(event["event_id"] == header["event_id"], "envelope and event have one identifier")
            try Self.check(event)
            events.append(event)
        }
        self.events = events
    }

    private static func check(authorization fields: [String], key: String) throws {
        try Self.expect(fields.count == 1, "X-Sentry-Auth is there once")
        guard let field = fields.first, field.hasPrefix("Sentry ") else { throw Fault(what: "its scheme is Sentry") }
        var values: [String: String] = [:]
        for pair in field.dropFirst("Sentry ".count).split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            try Self.expect(parts.count == 2, "it is of pairs")
            values[parts[0]] = parts[1]
        }
        try Self.expect(values["sentry_version"] == "7", "the version is 7")
        try Self.expect(values["sentry_key"] == key, "the key is the project's")
        try Self.expect(values["sentry_client"]?.hasPrefix("callrouter/") == true, "the client says who it is")
        try Self.expect(values.count == 3, "there is nothing else in it")
    }

    private static func check(_ event: StandInJSON) throws {
        let identifier = event["event_id"]?.string ?? ""
        try Self.expect(
            identifier.utf8.count == 32 && identifier.allSatisfy { $0.isHexDigit && !$0.isUppercase },
            "event_id is of 32 hexadecimal digits"
        )
        try Self.expect(event["timestamp"]?.string.flatMap(Self.date) != nil, "timestamp is a date")
        try Self.expect(event["platform"]?.string == "other", "platform is one that Sentry knows")
        try Self.expect(["error", "fatal"].contains(event["level"]?.string), "level is one that Sentry knows")
        for name in ["logger", "release", "environment"] {
            try Self.expect(event[name]?.string?.isEmpty == false, "\(name) is a text")
        }
        try Self.expect(event["fingerprint"]?.array?.allSatisfy { $0.string != nil } == true, "fingerprint is of texts")
        let values = event["exception"]?["values"]?.array ?? []
        try Self.expect(
            values.allSatisfy { $0["type"]?.string != nil && $0["value"]?.string != nil },
            "an exception has a type and a value"
        )
        try Self.expect(!values.isEmpty || event["logentry"]?["formatted"]?.string != nil, "it says what happened")
        for tag in event["tags"]?.members ?? [] {
            let text = tag.value.string ?? ""
            try Self.expect(!text.isEmpty && text.unicodeScalars.count <= 200, "a tag is a short text")
            try Self.expect(!text.contains("\n") && tag.name.utf8.count <= 32, "a tag is one line with a short name")
        }
        let known: Set<String> = [
            "event_id", "timestamp", "platform", "level", "logger", "release", "environment", "fingerprint",
            "exception",
            "logentry", "tags", "extra", "server_name", "sdk",
        ]
        try Self.expect(Set(event.keys).isSubset(of: known), "it has no other fields: \(event.keys)")
    }

    private static func line(_ rest: inout Data.SubSequence) throws -> Data {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw Fault(what: "a line has no end") }
        defer { rest = rest[rest.index(after: end)...] }
        return Data(rest[..<end])
    }

    private static func date(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func expect(_ condition: Bool, _ what: String) throws {
        if !condition { throw Fault(what: what) }
    }
}
