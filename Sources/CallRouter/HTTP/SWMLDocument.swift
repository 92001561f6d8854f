import NIOCore
import Wire

/// A JSON document that tells SignalWire what to do with a call (SWML).
package struct SWMLDocument: Sendable, Equatable {
    /// One instruction, in the order of execution.
    package enum Verb: Sendable, Equatable {
        case answer
        /// Connects the call to a two-way media stream, and transfers it when that has ended.
        case connectStream(Stream)
        /// Goes on with the document at this URL, which is fetched by POST.
        case transfer(url: String)
        case say(String)
        case sleep(milliseconds: Int)
        case hangup
    }

    /// A two-way media stream.
    package struct Stream: Sendable, Equatable {
        package var url: String
        package var token: String
        /// `PCMU`, or L16 with its rate.
        package var codec: String
        package var statusURL: String
        package var callID: String
        /// Where the carrier goes on when the stream has ended, however it did.
        package var resumeURL: String
    }

    package var verbs: [Verb]

    package init(_ verbs: Verb...) { self.verbs = verbs }

    package var json: ByteBuffer {
        let main = JSONDocument.array(self.verbs.map(Self.json))
        return JSONDocument.object(["version": "1.0.0", "sections": ["main": main]]).encoded()
    }

    private static func json(_ verb: Verb) -> JSONDocument {
        switch verb {
        case .answer: return ["answer": [:]]
        case .connectStream(let stream):
            let next: JSONDocument = [["transfer": ["dest": .string(stream.resumeURL)]]]
            let result: JSONDocument = [
                "variable": "connect_result", "case": ["connected": next, "failed": next],
            ]
            return [
                "connect": [
                    "to": .string("stream:" + stream.url), "codec": .string(stream.codec), "realtime": true,
                    "authorization_bearer_token": .string(stream.token), "status_url": .string(stream.statusURL),
                    "custom_parameters": ["callId": .string(stream.callID), "token": .string(stream.token)],
                    "result": result,
                ]
            ]
        case .transfer(let url): return ["transfer": ["dest": .string(url)]]
        case .say(let text): return ["play": ["url": .string("say:" + text)]]
        case .sleep(let milliseconds): return ["sleep": ["duration": .integer(milliseconds)]]
        case .hangup: return ["hangup": [:]]
        }
    }
}
