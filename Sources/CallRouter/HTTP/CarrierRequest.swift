import Wire

/// What a carrier sent with a fetch or a callback, proven to be the carrier's where signatures are checked.
struct CarrierRequest: Sendable {
    /// The path without its query.
    let path: String
    let query: URLEncodedForm
    let form: URLEncodedForm
    /// The body, where it was JSON.
    let json: JSONDocument?

    init(path: String, query: URLEncodedForm, form: URLEncodedForm, json: JSONDocument? = nil) {
        self.path = path
        self.query = query
        self.form = form
        self.json = json
    }

    /// A parameter of the body, else of the query; nil where it is missing or empty.
    ///
    /// A JSON body tells its parameters at the top or below `params`, numbers as such or as text.
    subscript(name: String) -> String? {
        self.form[name] ?? self.json.flatMap { Self.text($0[name]) ?? Self.text($0["params"]?[name]) }
            ?? self.query[name]
    }

    /// The carrier's identifier of the call: `CallSid`, in SWML `call.call_id`.
    var callSID: String? { self["CallSid"] ?? Self.text(self.json?["call"]?["call_id"]) ?? self["call_id"] }

    private static func text(_ value: JSONDocument?) -> String? {
        switch value {
        case .string(let text)?: text.isEmpty ? nil : text
        case .integer(let number)?: String(number)
        case .number(let number)?: String(number)
        case .bool, .array, .object, .null, nil: nil
        }
    }
}
