/// What the carrier's REST API checks before it takes a call.
package enum CarrierOrderRules {
    /// Why a request is refused.
    package struct Refusal: Error, Sendable, Equatable {
        package var status: Int
        package var code: Int
        package var message: String

        static func bad(_ code: Int, _ message: String) -> Refusal {
            Refusal(status: 400, code: code, message: message)
        }
    }

    private static let events: Set<String> = [
        "initiated", "ringing", "answered", "completed", "ringing_forwarded", "ringing_queued",
    ]
    /// Numbers of the detection, in milliseconds but the first, with their ranges.
    private static let detectionRanges: [(name: String, range: ClosedRange<Int>)] = [
        ("MachineDetectionTimeout", 1...120), ("MachineDetectionSpeechThreshold", 1000...6000),
        ("MachineDetectionSpeechEndThreshold", 500...5000), ("MachineDetectionSilenceTimeout", 2000...10_000),
        ("MachineWordsThreshold", 1...100),
    ]

    /// Reads an order, or says why it is refused.
    ///
    /// - Parameters:
    ///   - form: The body of the request; fields that the carrier does not know are ignored, as it does.
    ///   - ownNumbers: Numbers that calls may come from.
    /// - Returns: The order with the carrier's defaults for what it does not say.
    /// - Throws: ``Refusal`` with the carrier's code for the first thing that is wrong.
    package static func order(_ form: FormFields, ownNumbers: Set<String>) throws(Refusal) -> CarrierOrder {
        guard let to = form["To"], !to.isEmpty else { throw .bad(21201, "No 'To' number is specified.") }
        guard Self.isE164(to) else { throw .bad(21211, "Invalid 'To' phone number.") }
        guard let from = form["From"], !from.isEmpty else { throw .bad(21213, "No 'From' number is specified.") }
        guard Self.isE164(from) else { throw .bad(21212, "Invalid 'From' phone number.") }
        guard ownNumbers.contains(from) else {
            throw .bad(21210, "The 'From' number is not verified or not of this account.")
        }
        guard let url = form["Url"], Self.isURL(url) else { throw .bad(21205, "Url is not a valid URL.") }
        var order = CarrierOrder(to: to, from: from, document: try Self.link(form, "Url", "Method") ?? .init(url: url))
        order.fallback = try Self.link(form, "FallbackUrl", "FallbackMethod")
        order.statusCallback = try Self.link(form, "StatusCallback", "StatusCallbackMethod")
        let events = form.all("StatusCallbackEvent")
        guard events.allSatisfy(Self.events.contains) else {
            throw .bad(21626, "Invalid StatusCallbackEvent; repeat the field for several events.")
        }
        if !events.isEmpty { order.events = Set(events) }
        if let text = form["Timeout"] {
            guard let seconds = Int(text), (1...600).contains(seconds) else {
                throw .bad(20001, "Timeout must be 1 to 600.")
            }
            order.timeout = .seconds(seconds)
        }
        if let digits = form["SendDigits"] {
            guard CallDocument.isDigits(digits) else { throw .bad(13321, "SendDigits is not valid.") }
            order.sendDigits = digits
        }
        try Self.readDetection(form, &order)
        return order
    }

    private static func readDetection(_ form: FormFields, _ order: inout CarrierOrder) throws(Refusal) {
        switch form["MachineDetection"] {
        case nil, "none": order.detection = .none
        case "Enable": order.detection = .enable
        case "DetectMessageEnd": order.detection = .detectMessageEnd
        default: throw .bad(21234, "Invalid MachineDetection.")
        }
        for (name, range) in self.detectionRanges {
            guard let text = form[name] else { continue }
            guard let value = Int(text), range.contains(value) else { throw .bad(21234, "Invalid \(name).") }
        }
        guard form["AsyncAmd"] == "true" else { return }
        guard let callback = try self.link(form, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod") else {
            throw .bad(21262, "AsyncAmd needs an AsyncAmdStatusCallback.")
        }
        order.detectionCallback = callback
    }

    /// The address and method of one of the links; nil where it is not given.
    package static func link(
        _ form: FormFields,
        _ name: String,
        _ methodName: String
    ) throws(Refusal) -> CarrierOrder.Link? {
        guard let url = form[name], !url.isEmpty else { return nil }
        guard self.isURL(url) else { throw .bad(21205, "\(name) is not a valid URL.") }
        let method = form[methodName] ?? "POST"
        guard ["GET", "POST"].contains(method) else { throw .bad(20001, "\(methodName) must be GET or POST.") }
        return CarrierOrder.Link(url: url, method: method)
    }

    /// A plus sign and up to 15 digits, the first of them not 0 (ITU-T E.164 §6).
    static func isE164(_ text: String) -> Bool {
        let digits = text.dropFirst()
        return text.first == "+" && (2...15).contains(digits.count) && digits.first != "0"
            && digits.allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("http://") || text.hasPrefix("https://")) && !text.contains(where: \.isWhitespace)
    }
}
