import Foundation
import Testing
import Wire

@Suite struct StreamTokenTests {
    private let tokens = StreamToken(secret: Array("0123456789abcdef0123456789abcdef".utf8))
    private let now = Date(timeIntervalSince1970: 1_760_000_000)

    @Test("a token says its call and when it ends")
    func claims() throws {
        let token = self.tokens.issue(callID: "11111111-1111-4111-8111-111111111111", now: self.now)
        let claims = try self.tokens.verify(token, now: self.now)
        #expect(claims.callID == "11111111-1111-4111-8111-111111111111")
        #expect(claims.expiresAt == self.now.addingTimeInterval(120))
        #expect(claims.tokenID.count == 22)
    }

    @Test("no two tokens are the same one")
    func tokenIDs() throws {
        let ids = try (0..<1000).map { _ in
            try self.tokens.verify(self.tokens.issue(callID: "c", now: self.now), now: self.now).tokenID
        }
        #expect(Set(ids).count == 1000)
    }

    @Test("a token is good until it ends and not one moment longer")
    func expiry() throws {
        let token = self.tokens.issue(callID: "c", now: self.now, lifetime: .milliseconds(1500))
        #expect(throws: Never.self) { try self.tokens.verify(token, now: self.now.addingTimeInterval(1.499)) }
        #expect(throws: StreamTokenError.expired) {
            try self.tokens.verify(token, now: self.now.addingTimeInterval(1.5))
        }
        #expect(throws: StreamTokenError.expired) { try self.tokens.verify(token, now: .distantFuture) }
        #expect(throws: StreamTokenError.expired) {
            try self.tokens.verify(self.tokens.issue(callID: "c", now: self.now, lifetime: .zero), now: self.now)
        }
    }

    @Test("any identifier is bound, and the token stays fit for URLs, headers and XML")
    func identifiers() throws {
        for callID in [
            "x", "CA0123456789abcdef0123456789abcdef", "a.b/c?d=é&\"<>'😀 ", String(repeating: "k", count: 600),
        ] {
            let token = self.tokens.issue(callID: callID, now: self.now)
            #expect(try self.tokens.verify(token, now: self.now).callID == callID)
            #expect(token.utf8.allSatisfy { "-_.".utf8.contains($0) || Character(Unicode.Scalar($0)).isASCIIWord })
        }
    }

    @Test("a token of a telephone call fits a `<Parameter>`")
    func length() {
        let token = self.tokens.issue(callID: "11111111-1111-4111-8111-111111111111", now: self.now)
        #expect(token.utf8.count < 200)
    }

    @Test("a token with any bit flipped is refused")
    func bitFlips() {
        for _ in 0..<10 {
            let token = Array(self.tokens.issue(callID: "call-1", now: self.now).utf8)
            for index in token.indices {
                for bit in 0..<8 {
                    var flipped = token
                    flipped[index] ^= 1 << bit
                    let text = String(decoding: flipped, as: UTF8.self)
                    #expect(throws: StreamTokenError.self) { try self.tokens.verify(text, now: self.now) }
                }
            }
        }
    }

    @Test("a token that is cut, lengthened or mixed with another is refused")
    func mixtures() throws {
        let one = self.tokens.issue(callID: "call-1", now: self.now)
        let other = self.tokens.issue(callID: "call-2", now: self.now)
        for length in 0..<one.count {
            #expect(throws: StreamTokenError.self) { try self.tokens.verify(String(one.prefix(length)), now: self.now) }
        }
        for suffix in ["=", "A", ".", " ", "\n", ".A", "\u{301}"] {
            #expect(throws: StreamTokenError.self) { try self.tokens.verify(one + suffix, now: self.now) }
        }
        let parts = one.split(separator: ".")
        let others = other.split(separator: ".")
        #expect(throws: StreamTokenError.badSignature) {
            try self.tokens.verify("v1.\(parts[1]).\(others[2])", now: self.now)
        }
        #expect(throws: StreamTokenError.malformed) {
            try self.tokens.verify("v2.\(parts[1]).\(parts[2])", now: self.now)
        }
    }

    @Test("a token of another secret is refused, even an expired one")
    func otherSecret() {
        let others = StreamToken(secret: Array("another secret, another secret, .".utf8))
        let token = others.issue(callID: "c", now: self.now)
        #expect(throws: StreamTokenError.badSignature) { try self.tokens.verify(token, now: self.now) }
        #expect(throws: StreamTokenError.badSignature) { try self.tokens.verify(token, now: .distantFuture) }
        #expect(throws: Never.self) { try others.verify(token, now: self.now) }
    }

    @Test(
        "what is no token is refused as such",
        arguments: [
            "", ".", "..", "...", "v1..", "v1.AAAA.AAAA", "v1.====.AAAA", "Bearer x",
            "e3b0c44298fc1c149afbf4c8996fb924",
            "v1.\(String(repeating: "A", count: 32)).AAAA", String(repeating: "v1.", count: 10_000),
            "v1.+/+/.AAAA", "v1.é.é",
        ]
    )
    func malformed(_ text: String) {
        #expect(throws: StreamTokenError.malformed) { try self.tokens.verify(text, now: self.now) }
    }

    @Test("random text is never a token")
    func randomText() {
        var random = CarrierTestSupport.Random(seed: 7)
        let characters = Array("v1.AZaz09-_=+/ é")
        for _ in 0..<5000 {
            let count = Int.random(in: 0...120, using: &random)
            let text = "v1." + String((0..<count).map { _ in characters.randomElement(using: &random) ?? "A" })
            #expect(throws: StreamTokenError.self) { try self.tokens.verify(text, now: self.now) }
        }
    }
}

extension Character {
    fileprivate var isASCIIWord: Bool { self.isASCII && (self.isLetter || self.isNumber) }
}
