/// One server-sent event (WHATWG HTML §9.2).
package struct SSEEvent: Sendable, Equatable {
    /// The `event` field, or `message` where the stream names none.
    package var name: String
    /// The `data` lines, joined by line feeds.
    package var data: String

    package init(name: String, data: String) {
        self.name = name
        self.data = data
    }
}

/// An event of a stream grew beyond what anybody sends; the stream cannot be read any further.
package struct SSEEventTooLong: Error, Equatable, CustomStringConvertible {
    package let limit: Int

    package var description: String {
        "A server-sent event is longer than \(self.limit) bytes; the stream was dropped."
    }
}
