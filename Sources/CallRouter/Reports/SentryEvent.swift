import Foundation
import Logging
import NIOCore
import Wire

/// A failure as an event of Sentry, scrubbed, in an envelope of its own.
///
/// Sentry's developer documentation, "Event Payloads" and "Envelopes".
struct SentryEvent: Sendable {
    /// What every event of this process says.
    struct Origin: Sendable {
        var release = "callrouter@\(RouterVersion.current)"
        var environment = "production"
        var serverName: String?
    }

    /// A tag may not be longer.
    private static let tagLimit = 200
    private static let textLimit = 2_000
    /// Metadata by which events are looked for; the rest goes along as it is.
    private static let tags: Set<String> = ["call_id", "part", "kind"]

    let report: FailureReport
    let origin: Origin
    let scrubber: Scrubber

    /// The envelope: a line for itself, a line for its one item, and the item.
    func envelope(sentAt: Date) -> ByteBuffer {
        let header: JSONDocument = .object([
            "event_id": .string(self.report.eventID), "sent_at": .string(sentAt.timestamp),
            "sdk": .object(["name": .string("callrouter"), "version": .string(RouterVersion.current)]),
        ])
        var payload = self.payload.encoded()
        let item: JSONDocument = .object([
            "type": .string("event"), "content_type": .string("application/json"),
            "length": .integer(payload.readableBytes),
        ])
        var envelope = header.encoded()
        envelope.writeString("\n")
        envelope.writeImmutableBuffer(item.encoded())
        envelope.writeString("\n")
        envelope.writeBuffer(&payload)
        envelope.writeString("\n")
        return envelope
    }

    /// The event itself.
    var payload: JSONDocument {
        let message = self.scrubber.scrub(self.report.message, limit: Self.textLimit)
        var event: [String: JSONDocument] = [
            "event_id": .string(self.report.eventID),
            "timestamp": .string(self.report.date.timestamp),
            "platform": .string("other"),
            "level": .string(self.report.level == .critical ? "fatal" : "error"),
            "logger": .string(self.report.label),
            "release": .string(self.origin.release),
            "environment": .string(self.origin.environment),
            "fingerprint": .array([
                .string(self.report.label), .string(self.report.failure?.type ?? "message"),
                .string(FailureReport.template(of: message)),
            ]),
            "sdk": .object(["name": .string("callrouter"), "version": .string(RouterVersion.current)]),
        ]
        if let name = self.origin.serverName { event["server_name"] = .string(name) }
        // The title of the event: the error where there is one, and the message beside it where that says more.
        if let failure = self.report.failure {
            event["exception"] = .object(["values": .array([self.exception(failure, message: message)])])
            if failure.text != self.report.message { event["logentry"] = .object(["formatted": .string(message)]) }
        } else {
            event["logentry"] = .object(["formatted": .string(message)])
        }
        let (tags, extra) = self.metadata
        if !tags.isEmpty { event["tags"] = .object(tags) }
        if !extra.isEmpty { event["extra"] = .object(extra) }
        return .object(event)
    }

    private func exception(_ failure: FailureReport.Failure, message: String) -> JSONDocument {
        // The text of somebody else's error may quote what it failed on.
        let value = failure.text.map { self.scrubber.scrub($0, limit: Self.textLimit) } ?? message
        return .object([
            "type": .string(self.scrubber.scrub(failure.type, limit: Self.tagLimit)),
            "value": .string(value),
            "mechanism": .object(["type": .string("log"), "handled": .bool(true)]),
        ])
    }

    private var metadata: (tags: [String: JSONDocument], extra: [String: JSONDocument]) {
        var (tags, extra): ([String: JSONDocument], [String: JSONDocument]) = ([:], [:])
        for (key, value) in self.report.metadata {
            let text = JSONDocument.string(self.scrubber.scrub("\(value)", limit: Self.tagLimit - 1))
            if Self.tags.contains(key) { tags[key] = text } else { extra[key] = text }
        }
        if self.report.repeats > 0 { extra["repeated_before"] = .integer(self.report.repeats) }
        return (tags, extra)
    }
}
