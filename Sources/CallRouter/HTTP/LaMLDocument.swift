/// An XML document that tells the carrier what to do with a call (SignalWire's LaML, Twilio's TwiML).
package struct LaMLDocument: Sendable, Equatable {
    /// One instruction, in the order of execution.
    package enum Verb: Sendable, Equatable {
        /// Connects the call to a two-way media stream until its socket closes.
        case connectStream(Stream)
        case redirect(url: String)
        case say(String)
        case pause(seconds: Int)
        /// Puts the call through to another number; `action` is fetched when that has ended, however it did.
        case dial(Dial)
        /// Plays keypad tones to the far end: `0` to `9`, `*`, `#`, and `w` for half a second of silence.
        case playDigits(String)
        case hangup
    }

    /// A two-way media stream.
    package struct Stream: Sendable, Equatable {
        package var url: String
        package var token: String
        /// The `codec` attribute; nil leaves it out, and the carrier takes PCMU at 8 kHz.
        package var codec: String?
        /// Where the carrier posts that the stream started, stopped or failed.
        package var statusCallback: String
        /// `<Parameter>` elements, which come back in the `start` message.
        package var parameters: [(name: String, value: String)]

        package static func == (lhs: Stream, rhs: Stream) -> Bool {
            lhs.url == rhs.url && lhs.token == rhs.token && lhs.codec == rhs.codec
                && lhs.statusCallback == rhs.statusCallback && lhs.parameters.elementsEqual(rhs.parameters, by: ==)
        }
    }

    /// A second leg to another telephone.
    package struct Dial: Sendable, Equatable {
        /// E.164.
        package var number: String
        /// The number that is shown there, in E.164; nil leaves it to the carrier.
        package var callerID: String?
        /// How long it rings; 5 to 600.
        package var timeoutSeconds: Int
        package var action: String
    }

    package var verbs: [Verb]

    package init(_ verbs: Verb...) { self.verbs = verbs }

    /// The document as it is sent, without white space before or after it.
    package var xml: String {
        #"<?xml version="1.0" encoding="UTF-8"?><Response>"# + self.verbs.map(Self.xml).joined() + "</Response>"
    }

    private static func xml(_ verb: Verb) -> String {
        switch verb {
        case .connectStream(let stream):
            let codec = stream.codec.map { #" codec="\#(Self.escape($0))""# } ?? ""
            let parameters = stream.parameters.map {
                #"<Parameter name="\#(Self.escape($0.name))" value="\#(Self.escape($0.value))"/>"#
            }
            return #"<Connect><Stream url="\#(Self.escape(stream.url))" realtime="true" "#
                + #"authBearerToken="\#(Self.escape(stream.token))"\#(codec) "#
                + #"statusCallback="\#(Self.escape(stream.statusCallback))" statusCallbackMethod="POST">"#
                + parameters.joined() + "</Stream></Connect>"
        case .redirect(let url): return #"<Redirect method="POST">\#(Self.escape(url))</Redirect>"#
        case .say(let text): return "<Say>\(Self.escape(text))</Say>"
        case .pause(let seconds): return #"<Pause length="\#(seconds)"/>"#
        case .dial(let dial):
            let callerID = dial.callerID.map { #" callerId="\#(Self.escape($0))""# } ?? ""
            return #"<Dial timeout="\#(dial.timeoutSeconds)"\#(callerID) action="\#(Self.escape(dial.action))" "#
                + #"method="POST"><Number>\#(Self.escape(dial.number))</Number></Dial>"#
        case .playDigits(let digits): return #"<Play digits="\#(Self.escape(digits))"/>"#
        case .hangup: return "<Hangup/>"
        }
    }

    /// Makes a text fit for content and attributes: entities, and nothing that XML 1.0 §2.2 forbids.
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
