import NIOCore
import Wire

/// Writes media messages in every legal spelling.
enum MediaMessageGenerator {
    typealias Random = CarrierTestSupport.Random

    /// A message and what it must be read as; a plain one has no extra fields, escapes or other tracks.
    static func message(using random: inout Random, isPlain: Bool = false) -> (text: String, event: CarrierEvent) {
        let bytes = random.bytes(Int.random(in: 1...60, using: &random))
        let payload = Base64.encode(ByteBuffer(bytes: bytes))
        let tracks = isPlain ? ["inbound"] : ["inbound", "inbound", "inbound", "inbound_track", "outbound", nil]
        let track = tracks.randomElement(using: &random) ?? nil
        var media = [
            (#""payload""#, self.string(String(buffer: payload), escapes: !isPlain, using: &random)),
            (#""chunk""#, self.number(using: &random)), (#""timestamp""#, self.number(using: &random)),
        ]
        if let track { media.append((#""track""#, "\"\(track)\"")) }
        var message = [
            (self.string("event", escapes: !isPlain, using: &random), #""media""#),
            (#""sequenceNumber""#, self.number(using: &random)),
        ]
        if Bool.random(using: &random) { message.append((#""streamSid""#, #""MZ0123456789abcdef""#)) }
        if !isPlain, Int.random(in: 0..<3, using: &random) == 0 {
            media.append((#""extra""#, self.value(depth: 2, using: &random)))
            message.append((#""extension""#, self.value(depth: 3, using: &random)))
        }
        message.append((#""media""#, self.object(media, using: &random)))
        let space = self.space(using: &random)
        let isInbound = track.map { $0.hasPrefix("inbound") } ?? true
        return (
            space + self.object(message, using: &random) + space,
            isInbound ? .media(payload: payload) : .unknown(event: "media.\(track ?? "")")
        )
    }

    private static func object(_ fields: [(String, String)], using random: inout Random) -> String {
        let isCompact = Int.random(in: 0..<3, using: &random) > 0
        var text = ""
        for (name, value) in fields.shuffled(using: &random) {
            if !text.isEmpty { text += "," }
            let spaces = (0..<4).map { _ in isCompact ? "" : self.space(using: &random) }
            text += spaces[0] + name + spaces[1] + ":" + spaces[2] + value + spaces[3]
        }
        return "{\(text)}"
    }

    private static func space(using random: inout Random) -> String {
        ["", "", " ", "\n", "\t", "\r\n  "].randomElement(using: &random) ?? ""
    }

    private static func number(using random: inout Random) -> String {
        let number = Int.random(in: 0...100_000, using: &random)
        return Bool.random(using: &random) ? "\"\(number)\"" : "\(number)"
    }

    /// A JSON string of ASCII text, now and then with escaped slashes or characters.
    private static func string(_ text: String, escapes: Bool, using random: inout Random) -> String {
        guard escapes, Int.random(in: 0..<3, using: &random) == 0 else { return "\"\(text)\"" }
        var escaped = ""
        for character in text.unicodeScalars {
            if character == "/" {
                escaped += Bool.random(using: &random) ? "\\/" : "/"
            } else if Int.random(in: 0..<20, using: &random) == 0 {
                let digits = String(character.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                escaped.unicodeScalars.append(character)
            }
        }
        return "\"\(escaped)\""
    }

    /// Anything legal, with our own names among it.
    private static func value(depth: Int, using random: inout Random) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
        case 0: return "null"
        case 1: return "true"
        case 2: return "-12.5e-3"
        case 3: return #""a \"payload\": \"AAAA\" \\""#
        case 4: return #""üñí 😀 \ud83d\ude00""#
        case 5: return "0"
        case 6: return "false"
        case 7:
            let names = [#""payload""#, #""event""#, #""media""#, #""track""#]
            return self.object(names.map { ($0, self.value(depth: depth - 1, using: &random)) }, using: &random)
        default: return "[\(self.value(depth: depth - 1, using: &random)), \(self.value(depth: 0, using: &random))]"
        }
    }
}
