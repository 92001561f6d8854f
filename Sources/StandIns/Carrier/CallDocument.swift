/// A LaML or SWML document: the verbs that the carrier carries out, in order.
package struct CallDocument: Sendable, Equatable {
    package enum Verb: Sendable, Equatable {
        case connect(Stream)
        /// Fetches another document by this method; nothing after it runs.
        case redirect(url: String, method: String)
        case say(String)
        case pause(seconds: Int)
        case dial(Dial)
        /// `<Play digits="…">`: keypad tones to the far end; `w` is a wait of half a second, `W` of a whole one.
        case playDigits(String)
        case hangup
        /// SWML's `transfer`: fetches another SWML document; nothing after it runs.
        case transfer(url: String)
    }

    /// `<Connect><Stream>`, or SWML's `connect` to a `stream:`.
    package struct Stream: Sendable, Equatable {
        package var url: String
        package var authBearerToken: String?
        package var codec: String?
        package var isRealtime: Bool
        package var parameters: [String: String]
        package var name: String?
        /// Told when the stream starts and stops.
        package var statusURL: String?
        package var statusMethod = "POST"
        /// What SWML does when the stream is over; nil goes on with the next verb.
        package var result: ConnectResult?

        package init(
            url: String,
            authBearerToken: String?,
            codec: String?,
            isRealtime: Bool,
            parameters: [String: String]
        ) {
            self.url = url
            self.authBearerToken = authBearerToken
            self.codec = codec
            self.isRealtime = isRealtime
            self.parameters = parameters
        }
    }

    /// SWML's `result` of a `connect`: a switch on `connect_result`.
    package struct ConnectResult: Sendable, Equatable {
        package var cases: [String: [Verb]]
        package var otherwise: [Verb]

        package init(cases: [String: [Verb]], otherwise: [Verb] = []) {
            self.cases = cases
            self.otherwise = otherwise
        }
    }

    package struct Dial: Sendable, Equatable {
        package var number: String
        package var callerID: String?
        package var timeoutSeconds: Int
        /// Fetched when the dialled leg is over; nil goes on with the next verb.
        package var action: String?
        package var method: String

        package init(number: String, callerID: String?, timeoutSeconds: Int, action: String?, method: String) {
            self.number = number
            self.callerID = callerID
            self.timeoutSeconds = timeoutSeconds
            self.action = action
            self.method = method
        }
    }

    /// What the carrier would not take.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let reason: String
        package var description: String { "The carrier cannot use the document: \(self.reason)." }
    }

    package var verbs: [Verb]

    init(verbs: [Verb]) { self.verbs = verbs }

    /// Reads a LaML document as a carrier does.
    ///
    /// - Throws: ``Refusal`` for what SignalWire documents as an error: leading white space, more than 64 KiB, XML that
    ///   is not well-formed, a stream address with a query, an unknown verb.
    package init(parsing text: String) throws(Refusal) {
        guard text.utf8.count <= 65_536 else { throw Refusal(reason: "it is larger than 64 KiB") }
        guard text.first == "<" else { throw Refusal(reason: "it does not begin with <") }
        let root: XMLNode
        do throws(XMLError) { root = try XMLNode(parsing: text) } catch { throw Refusal(reason: error.description) }
        guard root.name == "Response" else { throw Refusal(reason: "the root is \(root.name), not Response") }
        var verbs: [Verb] = []
        for child in root.children { verbs.append(try Self.verb(child)) }
        self.verbs = verbs
    }

    private static func verb(_ node: XMLNode) throws(Refusal) -> Verb {
        switch node.name {
        case "Connect":
            guard let stream = node.children.first(where: { $0.name == "Stream" }) else {
                throw Refusal(reason: "Connect without Stream")
            }
            return .connect(try Self.stream(stream))
        case "Redirect":
            let url = Self.trimmed(node.text)
            guard !url.isEmpty else { throw Refusal(reason: "Redirect without an address") }
            return .redirect(url: url, method: node.attributes["method"] ?? "POST")
        case "Say": return .say(Self.trimmed(node.text))
        case "Pause": return .pause(seconds: node.attributes["length"].flatMap(Int.init) ?? 1)
        case "Dial":
            let number = node.children.first { $0.name == "Number" }?.text ?? node.text
            return .dial(
                Dial(
                    number: Self.trimmed(number),
                    callerID: node.attributes["callerId"],
                    timeoutSeconds: node.attributes["timeout"].flatMap(Int.init) ?? 30,
                    action: node.attributes["action"],
                    method: node.attributes["method"] ?? "POST"
                )
            )
        case "Play":
            guard let digits = node.attributes["digits"] else {
                throw Refusal(reason: "Play without digits; this stand-in plays no files")
            }
            guard Self.isDigits(digits) else { throw Refusal(reason: "digits other than 0-9 # * w W (13321)") }
            return .playDigits(digits)
        case "Hangup": return .hangup
        default: throw Refusal(reason: "\(node.name) is no verb")
        }
    }

    private static func stream(_ node: XMLNode) throws(Refusal) -> Stream {
        guard let url = node.attributes["url"] else { throw Refusal(reason: "Stream without url") }
        try self.check(streamURL: url)
        var parameters: [String: String] = [:]
        for parameter in node.children {
            guard parameter.name == "Parameter", let name = parameter.attributes["name"],
                let value = parameter.attributes["value"]
            else { throw Refusal(reason: "a Parameter without name or value") }
            guard name.count + value.count <= 500 else { throw Refusal(reason: "a Parameter over 500 characters") }
            parameters[name] = value
        }
        var stream = Stream(
            url: url,
            authBearerToken: node.attributes["authBearerToken"],
            codec: node.attributes["codec"],
            isRealtime: node.attributes["realtime"] == "true",
            parameters: parameters
        )
        stream.name = node.attributes["name"]
        stream.statusURL = node.attributes["statusCallback"]
        stream.statusMethod = node.attributes["statusCallbackMethod"] ?? "POST"
        return stream
    }

    static func check(streamURL url: String) throws(Refusal) {
        guard url == self.trimmed(url) else { throw Refusal(reason: "white space around the stream's url (31922)") }
        guard !url.contains("?") else { throw Refusal(reason: "a query string in the stream's url") }
        guard url.hasPrefix("wss://") || url.hasPrefix("ws://") else {
            throw Refusal(reason: "the stream's url is not wss (31922)")
        }
    }

    /// What `<Play digits>` and `SendDigits` take: 1 to 32 of `0-9 # * w W`.
    static func isDigits(_ text: String) -> Bool {
        (1...32).contains(text.count) && text.allSatisfy { "0123456789#*wW".contains($0) }
    }

    private static func trimmed(_ text: String) -> String {
        let end = text.lastIndex { !$0.isWhitespace }
        return end.map { String(text[...$0].drop(while: \.isWhitespace)) } ?? ""
    }
}
