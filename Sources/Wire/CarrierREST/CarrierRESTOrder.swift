/// A call to be placed, in the API's terms.
package struct CarrierRESTOrder: Sendable, Equatable {
    package var to: String
    package var from: String
    package var url: String
    package var fallbackURL: String
    package var statusCallback: String
    /// Where the result of answering machine detection goes; the document of the call runs without waiting for it.
    package var detectionCallback: String
    /// How long it may ring, in seconds; 1 to 600.
    package var timeout: Int

    package init(
        to: String,
        from: String,
        url: String,
        fallbackURL: String,
        statusCallback: String,
        detectionCallback: String,
        timeout: Int
    ) {
        self.to = to
        self.from = from
        self.url = url
        self.fallbackURL = fallbackURL
        self.statusCallback = statusCallback
        self.detectionCallback = detectionCallback
        self.timeout = timeout
    }

    var form: CarrierRESTForm {
        var form: CarrierRESTForm = [
            "To": self.to, "From": self.from,
            "Url": self.url, "Method": "POST",
            "FallbackUrl": self.fallbackURL, "FallbackMethod": "POST",
            "StatusCallback": self.statusCallback, "StatusCallbackMethod": "POST",
        ]
        // One key for each event: a list in one value is taken for an unknown event.
        for event in ["initiated", "ringing", "answered", "completed"] { form.add("StatusCallbackEvent", event) }
        form.add("Timeout", String(min(max(self.timeout, 1), 600)))
        form.add("MachineDetection", "DetectMessageEnd")
        form.add("AsyncAmd", "true")
        form.add("AsyncAmdStatusCallback", self.detectionCallback)
        form.add("AsyncAmdStatusCallbackMethod", "POST")
        return form
    }
}
