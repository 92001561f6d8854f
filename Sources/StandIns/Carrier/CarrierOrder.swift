/// A call that was asked for through the REST API, as the carrier took it.
package struct CarrierOrder: Sendable, Equatable {
    package struct Link: Sendable, Equatable {
        package var url: String
        package var method: String

        package init(url: String, method: String = "POST") {
            self.url = url
            self.method = method
        }
    }

    package enum Detection: String, Sendable, Equatable {
        case none, enable, detectMessageEnd
    }

    package var to: String
    package var from: String
    package var document: Link
    package var fallback: Link?
    package var statusCallback: Link?
    /// The events that the status callback is made for.
    package var events: Set<String> = ["completed"]
    /// How long it may ring.
    package var timeout = Duration.seconds(60)
    package var detection = Detection.none
    /// Told the result of the detection, while the document runs; nil delays the document until it is there.
    package var detectionCallback: Link?
    /// Played to the far end once it has answered.
    package var sendDigits: String?

    package init(to: String, from: String, document: Link) {
        self.to = to
        self.from = from
        self.document = document
    }
}
