import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite("The scrubber of failure reports")
struct ScrubberTests {
    private let scrubber = Scrubber()

    @Test(
        "numbers of telephones are taken out in every usual shape",
        arguments: [
            "+15551234567", "15551234567", "5551234567", "555-123-4567", "(555) 123-4567", "(555)123-4567",
            "1-800-555-0199", "+1 (555) 123-4567", "+1.555.123.4567", "555.123.4567", "555 123 4567",
            "+44 20 7946 0958",
            "+44 (0)20 7946 0958", "0044 20 7946 0958", "030/1234567", "+49 30 123456-78", "555-1234", "5551234",
            "tel:+15551234567", "sip:+15551234567", "%2B15551234567", "+1\u{00A0}555\u{00A0}123\u{00A0}4567",
            "+1\u{2011}555\u{2011}123\u{2011}4567", "+1–555–123–4567", "５５５１２３４５６７", "٠١٢٣٤٥٦٧٨٩",
            "5 5 5 1 2 3 4 5 6 7",
            "+1\u{200B}555\u{200B}1234567", "4111 1111 1111 1111", "call5551234567now",
        ]
    )
    func shapes(number: String) {
        for text in ["\(number)", "The number \(number), please.", "to=\(number)", "[\(number)]", "x\n\(number)\ny"] {
            let scrubbed = self.scrubber.scrub(text)
            let isGone = scrubbed.contains(Scrubber.number) || scrubbed.contains(Scrubber.secret)
            #expect(isGone, "\(text) became \(scrubbed)")
            #expect(Self.digits(scrubbed).count < 4, "\(text) became \(scrubbed)")
        }
    }

    @Test("whatever number, whatever stands between its digits and around it: no six of its digits in a row are left")
    func numbers() {
        var random = SeededGenerator(seed: 11)
        let separators = ["", "", "-", " ", ".", "/", ") ", " (", "\u{00A0}", "\u{2009}", " - ", "–", "\u{200D}"]
        let around = [
            "", " ", "to ", "\"", "(", "<", "from=", "'", "\n", ", ", "+", "++", "x", "é", "{", "\u{0301}",
            "a2026-11-23b ",
        ]
        for _ in 0..<3_000 {
            let digits = (0..<Int.random(in: 7...15, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
            var number = Bool.random(using: &random) ? "+" : ""
            for digit in digits { number += "\(digit)" + (separators.randomElement(using: &random) ?? "") }
            let text =
                (around.randomElement(using: &random) ?? "") + number + (around.randomElement(using: &random) ?? "")
            let scrubbed = self.scrubber.scrub(text)
            // A number that reads as a date is one of those that may stay.
            guard !Self.hasDate(text) else { continue }
            let left = Self.digits(scrubbed.replacing("2026-11-23", with: ""))
            let own = digits.map(String.init).joined()
            for start in 0...(own.count - 6) {
                let part = own.dropFirst(start).prefix(6)
                #expect(!left.contains(part), "\(text) became \(scrubbed)")
            }
        }
    }

    @Test(
        "keys, tokens and passwords are taken out",
        arguments: [
            "sk-proj-AbC123def456GHI789", "sk-ant-api03-abcdefghij", "PSK_0a1b2c3d4e5f", "AKIAIOSFODNN7EXAMPLE",
            "PT0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071", "sb_secret_abcdefgh12345678",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "0123456789abcdef0123456789abcdef", "AC0123456789abcdef0123456789abcdef",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ]
    )
    func keys(key: String) {
        let texts = ["\(key)", "Bearer \(key)", "key=\(key)", "the key \(key).", "{\"k\":\"\(key)\"}", "task-\(key)"]
        for text in texts {
            let scrubbed = self.scrubber.scrub(text)
            #expect(scrubbed.contains(Scrubber.secret), "\(text) became \(scrubbed)")
            for start in stride(from: 0, to: key.count - 12, by: 1) {
                #expect(!scrubbed.contains(key.dropFirst(start).prefix(12)), "\(text) became \(scrubbed)")
            }
        }
    }

    @Test("what is named a secret is taken out whatever it looks like")
    func named() {
        let texts = [
            "password=hunter", "password: hunter", "API_KEY=hunter", "api-key: 'hunter'", "token=\"hunter\"",
            "Authorization: Bearer hunter", "authorization=Basic hunter", "Bearer hunter", "Basic hunter",
            "X-Sentry-Auth: sentry_key=hunter", "\"secret\": \"hunter\"", "TWILIO_AUTH_TOKEN=hunter, next",
            "Cookie: hunter", "signature=hunter&x=1",
        ]
        for text in texts {
            let scrubbed = self.scrubber.scrub(text)
            #expect(!scrubbed.contains("hunter") && scrubbed.contains(Scrubber.secret), "\(text) became \(scrubbed)")
        }
    }

    @Test("whatever key of random letters and digits is taken out wherever it stands")
    func randomKeys() {
        var random = SeededGenerator(seed: 12)
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let around = ["", " ", "\"", "=", ": ", "(", "/", ",", "\n", "key ", "-", "a-", "'"]
        for _ in 0..<2_000 {
            let key = String(
                (0..<Int.random(in: 32...64, using: &random)).compactMap { _ in
                    letters.randomElement(using: &random)
                }
            )
            guard key.contains(where: \.isNumber) else { continue }
            let text = (around.randomElement(using: &random) ?? "") + key + (around.randomElement(using: &random) ?? "")
            let scrubbed = self.scrubber.scrub(text)
            #expect(
                !scrubbed.contains(key.prefix(12)) && !scrubbed.contains(key.suffix(12)),
                "\(text) became \(scrubbed)"
            )
        }
    }

    @Test("secrets of the configuration are taken out wherever they stand, also encoded as in a URL")
    func known() {
        let scrubber = Scrubber(secrets: ["correct horse", "pass+word/1", "abc", "correct horse battery"])
        #expect(scrubber.scrub("it is correct horse battery, or correct horse!") == "it is [secret], or [secret]!")
        #expect(scrubber.scrub("x=pass%2Bword%2F1") == "x=[secret]")
        #expect(scrubber.scrub("xpass+word/1\u{0301}y") == "x[secret]\u{0301}y")
        #expect(scrubber.scrub("abc") == "abc", "three letters are found in ordinary words")
    }

    @Test("URLs keep their host and path, and lose user, password, query and fragment")
    func urls() {
        let cases = [
            ("https://user:pass@host.example/a/b?c=d#e", "https://host.example/a/b?[query]"),
            ("redis://default:p@ss:w@redis.example:6379", "redis://redis.example:6379"),
            ("wss://host/v1/realtime?model=x", "wss://host/v1/realtime?[query]"),
            ("see https://host/health.", "see https://host/health."),
            ("https://host/x?mail=a@b.example", "https://[address]"),
            ("https://u:p?w@host/", "https://[address]"),
            ("https://u:p/w@host/", "https://[address]"),
            ("postgres://u@h/db", "postgres://h/db"),
        ]
        for (text, expected) in cases { #expect(self.scrubber.scrub(text) == expected) }
    }

    @Test("e-mail addresses are taken out")
    func mail() {
        let texts = [
            "jane.doe+x@mail.example.com", "<jane.doe@example.com>", "mailto:jane.doe@example.com",
            "jane.doe@localhost",
            "jäne.doe@exämple.com", "'jane.doe@example.com'", "to jane.doe@example.com, please",
        ]
        for text in texts {
            let scrubbed = self.scrubber.scrub(text)
            #expect(scrubbed.contains(Scrubber.mail) && !scrubbed.contains("doe"), "\(text) became \(scrubbed)")
            #expect(!scrubbed.contains("@"))
        }
    }

    @Test("what somebody said is taken out of its quotation marks")
    func words() {
        let texts = [
            #"said "my name is Jane""#, "said “my name is Jane”", "said «my name is Jane»", "said 'my name is Jane'",
            #"{"role":"user","content":"my name is Jane"}"#, #"cut off: "my name is Jane"#, "said `my name is Jane`",
            #"{"a": "b", "c": "my name is Jane", "d": "e"}"#,
        ]
        for text in texts {
            let scrubbed = self.scrubber.scrub(text)
            #expect(!scrubbed.contains("Jane") && scrubbed.contains(Scrubber.words), "\(text) became \(scrubbed)")
        }
    }

    @Test(
        "what helps stays as it is",
        arguments: [
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "CA0123456789abcdef0123456789abcdef",
            "probe-3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "call 3f2504e0-4f89-41d3-9a0c-0305e82c3301 failed", "2026-11-23T03:18:52Z", "HTTP 503",
            "SQLite 13: database or disk is full",
            "Cannot listen on 127.0.0.1:8080 (EADDRINUSE).", "gpt-realtime-2.1", "gpt-realtime-2025-08-28",
            "claude-haiku-5-5",
            "A call had more than 64 orders waiting; its session is restarted. Please report this.",
            "Set SIGNALWIRE_SIGNING_KEY and remove WEBHOOK_AUTH.", "Apply ops/supabase/migration.sql.",
            "it's the caller's",
            "callrouter@", "«secret»", "took 1200 ms, 3 times",
        ]
    )
    func kept(text: String) {
        #expect(self.scrubber.scrub(text) == text)
    }

    @Test("every message that the router itself logs as a failure says the same after it")
    func ownMessages() {
        let messages = [
            "\(StoreError.unavailable("SQLite 13: database or disk is full"))",
            "A call cannot be written to Supabase (the table calls has no column x). It is kept and tried again; other calls go on.",
            "\(StartError.cannotListen(address: "0.0.0.0", port: 8080, reason: "address in use"))",
            "\(StartError.dataDirectory(.inUse(path: "./data", processID: 12)))",
        ]
        for message in messages { #expect(self.scrubber.scrub(message) == message) }
    }

    @Test("anything can be scrubbed, once or twice, and is never longer than the limit")
    func fuzz() {
        var random = SeededGenerator(seed: 13)
        let pieces = [
            "+", "(", ")", "1", "555", "-", " ", "@", "://", "?", "key", "=", "\"", "'", "a", "Z", "é", "\u{200D}", "%",
            "Bearer ", "CA0123456789abcdef0123456789abcdef", "2026-11-23", "sk-", "/", ".", "\n", "“", "３", "\0",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let scrubbed = self.scrubber.scrub(text, limit: 50)
            #expect(scrubbed.unicodeScalars.count <= 51)
            _ = self.scrubber.scrub(scrubbed)
        }
        #expect(self.scrubber.scrub(String(repeating: "x ", count: 9_000)).unicodeScalars.count == 2_001)
    }

    private static func digits(_ text: String) -> String {
        String(
            text.unicodeScalars.compactMap { scalar in
                scalar.properties.numericType == .decimal
                    ? scalar.properties.numericValue.map { Character("\(Int($0))") } : nil
            }
        )
    }

    private static func hasDate(_ text: String) -> Bool {
        text.replacing("2026-11-23", with: "").firstMatch(of: /(19|20)\d\d-(0\d|1[0-2])-([0-2]\d|3[01])/) != nil
    }
}
