import Crypto
import Foundation
import NIOCore
import Testing
import Wire

@Suite struct WebhookSignatureTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let scheme: String
        let key: String
        let url: String
        let params: [String: String]?
        let body: String?
        let signature: String

        var testDescription: String { self.name }

        func isValid(key: String? = nil, url: String? = nil, signature: String? = nil, extra: [(String, String)] = [])
            -> Bool
        {
            let checker = WebhookSignature(key: key ?? self.key)
            let url = url ?? self.url
            let signature = signature ?? self.signature
            if let body { return checker.isValid(jsonSignature: signature, url: url, body: ByteBuffer(string: body)) }
            return checker.isValid(signature: signature, url: url, form: (self.params ?? [:]).map { ($0, $1) } + extra)
        }
    }

    static let vectors: [Vector] = {
        let data = (try? CarrierTestSupport.fixture("vectors/signatures.json")) ?? Data()
        return (try? JSONDecoder().decode([Vector].self, from: data)) ?? []
    }()

    private static func sign(_ text: String, key: String = "key") -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Data(text.utf8),
            using: SymmetricKey(data: Data(key.utf8))
        )
        return Data(code).base64EncodedString()
    }

    @Test("there are vectors of every scheme")
    func vectorsAreThere() {
        #expect(Self.vectors.count == 6)
        #expect(Set(Self.vectors.map(\.scheme)) == ["base64-sha1-form", "hex-sha1-json"])
    }

    @Test("a reference signature is good, and nothing near it", arguments: vectors)
    func vector(_ vector: Vector) {
        #expect(vector.isValid())
        #expect(!vector.isValid(key: vector.key + "x"))
        #expect(!vector.isValid(url: vector.url + "/"))
        #expect(!vector.isValid(url: vector.url.replacingOccurrences(of: "router", with: "Router")))
        #expect(!vector.isValid(signature: ""))
        #expect(!vector.isValid(signature: vector.signature + "="))
        if vector.body == nil { #expect(!vector.isValid(extra: [("Added", "1")])) }
        let characters = Array(vector.signature.utf8)
        for index in characters.indices {
            var changed = characters
            changed[index] ^= 0x01
            #expect(!vector.isValid(signature: String(decoding: changed, as: UTF8.self)))
        }
    }

    @Test("the default port may be in the signed URL or not, and any port may be left out", arguments: vectors)
    func ports(_ vector: Vector) {
        let withPort = vector.url.replacingOccurrences(of: ".com/", with: ".com:443/")
        #expect(vector.isValid(url: withPort))
        #expect(!vector.isValid(url: vector.url.replacingOccurrences(of: ".com/", with: ".net:443/")))
        let checker = WebhookSignature(key: "key")
        for (signed, asked) in [
            ("http://h:80/a?b=1", "http://h/a?b=1"), ("https://h:443/", "https://h/"),
            ("https://h/", "https://h:8443/"),
            ("https://h:8443/", "https://h:8443/"), ("https://[::1]:443/x", "https://[::1]/x"),
            ("https://u:1@h:443", "https://u:1@h"), ("https://h?x=a:80", "https://h:443?x=a:80"),
            ("wss://h:443/m", "wss://h/m"),
        ] {
            #expect(checker.isValid(signature: Self.sign(signed), url: asked), "\(signed) \(asked)")
        }
        #expect(!checker.isValid(signature: Self.sign("https://h:8443/"), url: "https://h/"))
        #expect(!checker.isValid(signature: Self.sign("https://h:80/"), url: "https://h/"))
    }

    @Test("fields are signed in the order of their bytes, whatever order they come in, and equal pairs once")
    func fieldOrder() {
        let checker = WebhookSignature(key: "key")
        let signature = Self.sign("https://h/pB1B2a3b4é5")
        let fields = [("b", "4"), ("B", "2"), ("é", "5"), ("a", "3"), ("B", "1"), ("B", "2")]
        #expect(checker.isValid(signature: signature, url: "https://h/p", form: fields))
        #expect(checker.isValid(signature: signature, url: "https://h/p", form: fields.reversed()))
        #expect(!checker.isValid(signature: signature, url: "https://h/p", form: Array(fields.dropLast(4))))
        // Two spellings of one accented letter are different bytes.
        let accents = [("e\u{301}", "1"), ("\u{E9}", "2")]
        #expect(checker.isValid(signature: Self.sign("https://h/pe\u{301}1\u{E9}2"), url: "https://h/p", form: accents))
    }

    @Test("an upgrade may be signed under its ws or its http scheme")
    func upgrades() throws {
        let vector = try #require(Self.vectors.first { $0.url.hasPrefix("wss:") })
        let checker = WebhookSignature(key: vector.key)
        let urls = [
            "wss://router.example.com/media", "https://router.example.com/media", "wss://router.example.com:443/media",
        ]
        for url in urls { #expect(checker.isValid(upgradeSignature: vector.signature, url: url)) }
        #expect(!checker.isValid(upgradeSignature: vector.signature, url: "ws://router.example.com/media"))
        #expect(!checker.isValid(signature: vector.signature, url: "https://router.example.com/media"))
        let plain = WebhookSignature(key: "key")
        #expect(plain.isValid(upgradeSignature: Self.sign("http://127.0.0.1:8080/m"), url: "ws://127.0.0.1:8080/m"))
    }

    @Test("Twilio's JSON posts are signed through the hash in their URL")
    func twilioJSON() {
        let checker = WebhookSignature(key: "key")
        let body = ByteBuffer(string: #"{"a":1}"#)
        let hash = SHA256.hash(data: Data(body.readableBytesView)).map { String(format: "%02x", $0) }.joined()
        let url = "https://h/p?x=1&bodySHA256=\(hash)"
        let signature = Self.sign(url)
        #expect(checker.isValid(jsonSignature: signature, url: url, body: body))
        #expect(!checker.isValid(jsonSignature: signature, url: url, body: ByteBuffer(string: #"{"a":2}"#)))
        #expect(!checker.isValid(jsonSignature: signature, url: "https://h/p?x=1", body: body))
        let unsigned = "https://h/p?x=1&bodySHA256=\(String(repeating: "0", count: 64))"
        #expect(!checker.isValid(jsonSignature: Self.sign(unsigned), url: unsigned, body: body))
        #expect(!checker.isValid(jsonSignature: Self.sign("https://h/p"), url: "https://h/p", body: body))
    }

    @Test("a hexadecimal signature may come in capitals")
    func capitals() throws {
        let vector = try #require(Self.vectors.first { $0.body != nil })
        #expect(vector.isValid(signature: vector.signature.uppercased()))
    }

    @Test("the header may ask for SHA-256 and for nothing unknown")
    func algorithm() throws {
        typealias Algorithm = WebhookSignature.Algorithm
        #expect(Algorithm(settings: "key=ABC,algorithm=HMAC_SHA256") == .sha256)
        #expect(Algorithm(settings: "algorithm=hmac_sha256 , key=ABC") == .sha256)
        #expect(Algorithm(settings: "key=ABC,algorithm=HMAC_SHA1") == .sha1)
        #expect(Algorithm(settings: "") == .sha1)
        #expect(Algorithm(settings: "algorithm=none") == nil)
        let url = "https://h/p"
        let key = SymmetricKey(data: Data("key".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(url)a1".utf8), using: key)
        let signature = Data(code).base64EncodedString()
        #expect(WebhookSignature(key: "key").with(.sha256).isValid(signature: signature, url: url, form: [("a", "1")]))
        #expect(!WebhookSignature(key: "key").isValid(signature: signature, url: url, form: [("a", "1")]))
    }

    @Test("odd URLs are refused or accepted as they are, and never crash")
    func oddURLs() {
        let checker = WebhookSignature(key: "key")
        for url in [
            "", "://", "https://", "x", "https://:443", "ftp://h/x", "https://h:", "a://b:c@d:e/f", "https://[::1",
        ] {
            #expect(checker.isValid(signature: Self.sign(url), url: url), "\(url)")
            #expect(!checker.isValid(signature: "x", url: url))
            #expect(!checker.isValid(upgradeSignature: "x", url: url))
            #expect(!checker.isValid(jsonSignature: "x", url: url, body: ByteBuffer()))
        }
    }
}
