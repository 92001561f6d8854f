import Foundation
import NIOHTTP1
import Testing

@testable import CallRouter

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Values of the HTTP side")
struct HTTPValueTests {
    // MARK: - XML

    @Test("any text survives the way through a document and a parser, less what XML cannot hold")
    func escaping() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FF, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars + ["\u{1F600}", "&", "<", ">", "\"", "'", "]"]))
            let stream = LaMLDocument.Stream(
                url: text,
                token: text,
                codec: text,
                statusCallback: text,
                parameters: [(text, text)]
            )
            let document = LaMLDocument(.say(text), .connectStream(stream), .redirect(url: text))
            let seen = try #require(ParsedXML(document.xml))
            let kept = String(
                String.UnicodeScalarView(
                    text.unicodeScalars.filter { $0.value >= 0x20 || $0 == "\t" || $0 == "\n" || $0 == "\r" }
                )
            )
            #expect(Array(seen.texts["Say", default: ""].unicodeScalars) == Array(kept.unicodeScalars))
            #expect(Array(seen.texts["Redirect", default: ""].unicodeScalars) == Array(kept.unicodeScalars))
            #expect(seen.attributes["Stream"]?["url"] == kept)
            #expect(seen.attributes["Stream"]?["codec"] == kept)
            #expect(seen.attributes["Stream"]?["statusCallback"] == kept)
            #expect(seen.attributes["Parameter"] == ["name": kept, "value": kept])
        }
    }

    // MARK: - Forms

    @Test("a form gives back what was encoded into it")
    func formRoundTrip() {
        var random = SeededGenerator(seed: 2)
        func text() -> String {
            String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x4FF, using: &random))
                    }
                )
            )
        }
        for _ in 0..<500 {
            let pairs = (0..<Int.random(in: 0...5, using: &random)).map { _ in (name: "n" + text(), value: text()) }
            let body = pairs.map { "\(Self.encode($0.name))=\(Self.encode($0.value))" }.joined(separator: "&")
            let form = URLEncodedForm(body)
            #expect(form.pairs.elementsEqual(pairs, by: ==))
        }
    }

    @Test(
        "malformed forms are read as far as they make sense",
        arguments: [
            ("a", "a="), ("a=", "a="), ("=1", "=1"), ("&&a=1&&", "a=1"), ("a=%", "a=%"), ("a=%4", "a=%4"),
            ("a=%zz", "a=%zz"),
            ("a=%+1", "a=% 1"), ("a=b=c", "a=b=c"), ("a=%2B1", "a=+1"), ("", ""), ("a=%-1", "a=%-1"),
        ]
    )
    func malformedForms(text: String, expected: String) {
        #expect(URLEncodedForm(text).pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&") == expected)
    }

    @Test("random bytes make some form or other")
    func formFuzz() {
        var random = SeededGenerator(seed: 3)
        let characters = Array("ab%+=&2Bé\u{0}")
        for _ in 0..<2000 {
            let text = String(
                (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in characters.randomElement(using: &random)
                }
            )
            #expect(URLEncodedForm(text).pairs.count <= text.count + 1)
        }
    }

    // MARK: - Ranges

    @Test(
        "ranges are read as RFC 9110 has them",
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-9", .part(0...9)), ("bytes=90-", .part(90...99)),
            ("bytes=-10", .part(90...99)),
            ("bytes=-200", .part(0...99)), ("bytes=50-500", .part(50...99)), ("bytes=100-", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("bytes=9-0", .whole), ("bytes=0-1,3-4", .whole), ("lines=0-1", .whole),
            ("bytes=", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=99999999999999999999-", .whole),
        ] as [(String?, ByteRange)]
    )
    func ranges(header: String?, expected: ByteRange) {
        #expect(ByteRange(header, byteCount: 100) == expected)
    }

    @Test("a part is always within the file")
    func rangeProperty() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5000 {
            let characters = Array("0123456789-, ")
            let text = String(
                (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in characters.randomElement(using: &random) }
            )
            let count = Int.random(in: 0...300, using: &random)
            guard case .part(let range) = ByteRange("bytes=\(text)", byteCount: count) else { continue }
            #expect(range.lowerBound >= 0 && range.upperBound < count)
        }
    }

    // MARK: - Limits

    @Test("a client gets its burst at once, then one request for each interval")
    func buckets() {
        var buckets = TokenBuckets(perMinute: 60)
        let key = TokenBuckets.Key(peer: "1.2.3.4", isAuthorized: true)
        let other = TokenBuckets.Key(peer: "1.2.3.4", isAuthorized: false)
        let start = ContinuousClock.now
        for _ in 0..<60 { #expect(buckets.take(key, at: start) == nil) }
        #expect(buckets.take(key, at: start) == 1)
        #expect(buckets.take(other, at: start) == nil, "another client has its own")
        #expect(buckets.take(key, at: start + .milliseconds(999)) == 1)
        #expect(buckets.take(key, at: start + .seconds(1)) == nil)
        #expect(buckets.take(key, at: start + .seconds(1)) == 1)
        #expect(buckets.take(key, at: start + .seconds(600)) == nil)
    }

    @Test("over any minute no client gets more than its burst and its rate")
    func bucketProperty() {
        var random = SeededGenerator(seed: 5)
        var buckets = TokenBuckets(perMinute: 10)
        let key = TokenBuckets.Key(peer: "p", isAuthorized: true)
        let start = ContinuousClock.now
        var now = start
        var taken: [ContinuousClock.Instant] = []
        for _ in 0..<3000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            if buckets.take(key, at: now) == nil { taken.append(now) }
        }
        for (index, instant) in taken.enumerated() {
            let within = taken[index...].prefix { $0 < instant + .seconds(60) }.count
            #expect(within <= 20)
        }
        #expect(taken.count >= start.duration(to: now).milliseconds / 6000 - 10, "the rate is not withheld")
    }

    @Test("only so many clients are remembered")
    func bucketBound() {
        var buckets = TokenBuckets(perMinute: 1)
        let start = ContinuousClock.now
        for index in 0..<(TokenBuckets.limit * 3) {
            #expect(buckets.take(.init(peer: "\(index)", isAuthorized: false), at: start) == nil)
            if buckets.count > TokenBuckets.limit { Issue.record("\(buckets.count) clients"); break }
        }
    }

    // MARK: - Small ones

    @Test(
        "the prefix comes off whole path segments only",
        arguments: [
            ("/p/q", "/p/q/x", "/x"), ("/p/q", "/p/q", "/"), ("/p/q", "/p/q?a=1", "/?a=1"), ("/p/q", "/p/qx", "/p/qx"),
            ("/p/q", "/x", "/x"), ("", "/x", "/x"), ("/", "/x", "/x"), ("p", "/p/x", "/x"),
            ("/p/", "/p/x?y=/p/", "/x?y=/p/"),
        ]
    )
    func prefixes(prefix: String, target: String, expected: String) {
        #expect(PathPrefix(prefix).strip(target) == expected)
    }

    @Test("the same carrier identifier always names the same call, as a UUID of version 8")
    func identifiers() {
        let one = CallIdentifier.derived(from: "CA1")
        #expect(one == CallIdentifier.derived(from: "CA1"))
        #expect(one != CallIdentifier.derived(from: "CA2"))
        #expect(one.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(UUID(uuidString: one) != nil)
    }

    @Test("dates of responses have the fixed form")
    func dates() {
        #expect(HTTPDate.text(second: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(second: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        for second in [0, 784_111_777, 951_782_400, 1_790_000_000, 4_102_444_799] {
            #expect(HTTPDate.date(HTTPDate.text(second: second)) == Date(timeIntervalSince1970: Double(second)))
        }
        let wrong = [
            "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        ]
        for text in wrong { #expect(HTTPDate.date(text) == nil) }
    }

    // MARK: - Handshake

    private static let handshake: HTTPHeaders = [
        "Host": "a", "Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func judge(
        _ method: HTTPMethod = .GET,
        version: HTTPVersion = .http1_1,
        _ change: (inout HTTPHeaders) -> Void = { _ in }
    ) -> WebSocketHandshake {
        var headers = Self.handshake
        change(&headers)
        return WebSocketHandshake(HTTPRequestHead(version: version, method: method, uri: "/", headers: headers))
    }

    @Test("a handshake in order is told from other requests and from broken ones")
    func handshakes() {
        #expect(self.judge() == .valid(acceptKey: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        #expect(self.judge { $0.remove(name: "Upgrade") } == .absent)
        #expect(self.judge { $0.replaceOrAdd(name: "Upgrade", value: "h2c") } == .absent)
        #expect(self.judge(.POST) == .malformed(.method))
        #expect(self.judge(version: .http1_0) == .malformed(.method))
        #expect(self.judge { $0.remove(name: "Connection") } == .malformed(.method))
        #expect(self.judge { $0.remove(name: "Sec-WebSocket-Version") } == .malformed(.version))
        #expect(self.judge { $0.add(name: "Sec-WebSocket-Version", value: "13") } == .malformed(.version))
        #expect(self.judge { $0.replaceOrAdd(name: "Sec-WebSocket-Version", value: "12") } == .malformed(.version))
        for key in ["", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZTE=", "!!!!"] {
            #expect(self.judge { $0.replaceOrAdd(name: "Sec-WebSocket-Key", value: key) } == .malformed(.key), "\(key)")
        }
        #expect(self.judge { $0.add(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ==") } == .malformed(.key))
        #expect(WebSocketHandshake.Fault.version.status == .upgradeRequired)
        #expect(WebSocketHandshake.Fault.key.status == .badRequest)
    }

    private static func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): String(UnicodeScalar(byte))
            case UInt8(ascii: " "): "+"
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

/// What an XML parser sees in a document with one element of each name.
private final class ParsedXML: NSObject, XMLParserDelegate {
    private(set) var texts: [String: String] = [:]
    private(set) var attributes: [String: [String: String]] = [:]
    private var open: [String] = []

    init?(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        guard parser.parse() else { return nil }
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        self.open.append(name)
        self.attributes[name] = attributes
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        self.open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if let name = self.open.last { self.texts[name, default: ""] += text }
    }
}
