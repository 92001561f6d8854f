import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite("Which numbers may be called")
struct NumberPolicyTests {
    private static let american = NumberPolicy(allowedCountries: ["US", "CA"], ownNumber: nil, hours: nil)

    private func policy(_ countries: String...) -> NumberPolicy {
        NumberPolicy(allowedCountries: countries, ownNumber: nil, hours: nil)
    }

    private func isRefused(_ number: String, by policy: NumberPolicy, saying word: String) -> Bool {
        guard case .notAllowed(let reason) = policy.check(number) else { return false }
        return reason.contains(word)
    }

    /// Numbering plans that have changed since 2022, from which Debian 12's libphonenumber is.
    private static let changed: Set = ["CL", "GF", "GP", "MQ", "PM", "SC", "SR", "WF", "YT"]

    // MARK: - Form

    @Test(
        "a number is read as people write it, and told on in E.164",
        arguments: [
            "+14155552671", "+1 415 555 2671", "+1 (415) 555-2671", " +1-415-555-2671 ", "+1.415.555.2671",
            "(+1) 415/555/2671", "+1\u{A0}415\u{2011}555\u{2013}2671", "+1 1 415 555 2671",
        ]
    )
    func writing(number: String) { #expect(Self.american.check(number) == .allowed("+14155552671")) }

    @Test("a trunk prefix that does not belong there is left out")
    func trunkPrefix() {
        #expect(self.policy("GB").check("+44 (0)20 7946 0958") == .allowed("+442079460958"))
        #expect(self.policy("IT").check("+39 06 4880 1234") == .allowed("+390648801234"))
    }

    @Test(
        "what is no number in E.164 is malformed",
        arguments: [
            "", "+", "+0", "+1", "911", "4155552671", "0014155552671", "+0014155552671", "++14155552671",
            "1+4155552671", "+1415555267a", "+1 415 555 2671 x5", "tel:+14155552671", "+1234567890123456", "+1555",
            "+１４１５５５５２６７１", "+1415555\u{0}2671", "sip:a@b", "+1,4155552671", "+44 12 34",
            String(repeating: "+1 ", count: 500),
        ]
    )
    func malformed(number: String) { #expect(Self.american.check(number) == .malformed) }

    @Test("no text whatsoever brings the check down, and what is allowed is in E.164 and stays allowed")
    func fuzz() {
        var random = SeededGenerator(seed: 36)
        let characters = Array("0123456789012345678901234567890123456789+ -().\u{0}xé🙂\n١")
        let policies = [Self.american, self.policy("DE"), self.policy("+800", "+44"), self.policy()]
        for _ in 0..<4000 {
            let length = Int.random(in: 0...20, using: &random)
            let tail = String((0..<length).compactMap { _ in characters.randomElement(using: &random) })
            let text = (["", "+", "+1", "+44", "+49 ", "+1900", "+800"].randomElement(using: &random) ?? "") + tail
            for policy in policies {
                guard case .allowed(let number) = policy.check(text) else { continue }
                #expect(number.wholeMatch(of: /\+[1-9][0-9]{1,14}/) != nil)
                #expect(policy.check(number) == .allowed(number))
            }
        }
    }

    // MARK: - Countries

    @Test(
        "a number of another country is refused by the name of its country",
        arguments: [
            ("+442079460958", "GB"), ("+4930123456", "DE"), ("+18765550123", "JM"), ("+18092345678", "DO"),
            ("+85221234567", "HK"),
        ]
    )
    func otherCountries(number: String, country: String) {
        #expect(self.isRefused(number, by: Self.american, saying: "Numbers of \(country)"))
        guard case .notAllowed(let reason) = Self.american.check(number) else { return }
        #expect(reason.contains("US, CA"))
        #expect(!reason.contains(number.suffix(6)))
    }

    @Test("a number of no known country counts by its calling code")
    func unknownCountry() {
        for number in ["+15551234567", "+15550100", "+15555550123"] {
            #expect(Self.american.check(number) == .allowed(number))
            #expect(self.policy("JM").check(number) == .allowed(number))
            #expect(self.isRefused(number, by: self.policy("GB"), saying: "+1"))
        }
    }

    @Test("Canada's numbers are not those of the United States, and toll-free ones are both countries'")
    func sharedCallingCode() {
        #expect(self.policy("CA").check("+14165550123") == .allowed("+14165550123"))
        #expect(self.isRefused("+14165550123", by: self.policy("US"), saying: "CA"))
        #expect(self.policy("CA").check("+18002345678") == .allowed("+18002345678"))
        #expect(self.policy("US").check("+18002345678") == .allowed("+18002345678"))
    }

    @Test(
        "services that belong to no country are refused unless their calling code is in the list",
        arguments: ["+80012345678", "+870773111632", "+881612345678", "+883510012345", "+888123456789"]
    )
    func services(number: String) throws {
        #expect(self.isRefused(number, by: Self.american, saying: "Services under +"))
        let code = String(number.prefix(4))
        let verdict = NumberPolicy(allowedCountries: ["US", code], ownNumber: nil, hours: nil).check(number)
        #expect(verdict == .allowed(number))
    }

    @Test("premium-rate services that belong to no country are refused even where their code is in the list")
    func premiumService() {
        #expect(self.isRefused("+979123456789", by: self.policy("+979"), saying: "Premium-rate"))
        #expect(self.isRefused("+979123456789", by: Self.american, saying: "Premium-rate"))
        #expect(self.isRefused("+80812345678", by: self.policy("+808"), saying: "Shared-cost"))
    }

    @Test("a calling code that nobody has is refused, and without list or own number everything is")
    func nobody() {
        #expect(self.isRefused("+2101234567", by: Self.american, saying: "No country has"))
        #expect(self.isRefused("+9991234567", by: Self.american, saying: "No country has"))
        let nothing = NumberPolicy(allowedCountries: nil, ownNumber: nil, hours: nil)
        #expect(self.isRefused("+14155552671", by: nothing, saying: "no country is allowed"))
    }

    @Test("without a list the country of the own number is allowed, and of +1 555 the main country of +1")
    func ownCountry() {
        let british = NumberPolicy(allowedCountries: nil, ownNumber: "+442079460958", hours: nil)
        #expect(british.check("+447400123456") == .allowed("+447400123456"))
        #expect(self.isRefused("+14155552671", by: british, saying: "ALLOWED_COUNTRIES is GB"))
        let fictional = NumberPolicy(allowedCountries: nil, ownNumber: "+15551230000", hours: nil)
        #expect(fictional.check("+14155552671") == .allowed("+14155552671"))
        #expect(fictional.check("+15551234567") == .allowed("+15551234567"))
        #expect(self.isRefused("+18765550123", by: fictional, saying: "JM"))
    }

    // MARK: - Kinds

    @Test(
        "premium-rate numbers are refused in their own country, also where the plan does not know the very number",
        arguments: [
            ("+19002345678", "US"), ("+1 900 123 4567", "US"), ("+1 900 000 0000", "US"), ("+12129765000", "US"),
            ("+449012345678", "GB"), ("+44 909 8790 000", "GB"), ("+448712345678", "GB"), ("+44 90 1234", "GB"),
            ("+449001234567", "GB"), ("+499001234567", "DE"), ("+33891123456", "FR"), ("+61190012345", "AU"),
            ("+39899123456", "IT"), ("+34803123456", "ES"), ("+31909123456", "NL"), ("+19001234567", "CA"),
        ]
    )
    func premium(number: String, country: String) {
        let isRefused = self.isRefused(number, by: self.policy(country), saying: "numbers are never called")
        #expect(isRefused || self.policy(country).check(number) == .malformed, "\(number)")
    }

    @Test(
        "emergency services and short numbers are refused in whatever way they are written",
        arguments: [
            ("+911", "US", "Emergency"), ("+112", "US", "Emergency"), ("+999", "GB", "Emergency"),
            ("+1911", "US", "Emergency"), ("+1 911 222 3333", "US", "Emergency"), ("+1112", "US", "Emergency"),
            ("+44999", "GB", "Emergency"), ("+44112", "GB", "Emergency"), ("+49112", "DE", "Emergency"),
            ("+49110", "DE", "Emergency"), ("+33 17", "FR", "Emergency"), ("+61000", "AU", "Emergency"),
            ("+1211", "US", "never called"), ("+1988", "US", "never called"), ("+44101", "GB", "never called"),
        ]
    )
    func emergency(number: String, country: String, word: String) {
        #expect(self.isRefused(number, by: self.policy(country), saying: word), "\(self.policy(country).check(number))")
    }

    // MARK: - The numbering plans' own examples

    @Test("every country's examples of ordinary and toll-free numbers are allowed where the country is")
    func ordinaryExamples() {
        let examples = ExampleNumbers.all(ExampleNumbers.ordinary) + ExampleNumbers.all(ExampleNumbers.tollFree)
        #expect(examples.count > 600)
        for (country, number) in examples where !Self.changed.contains(country) {
            #expect(self.policy(country).check(number) == .allowed(number), "\(country)")
        }
    }

    @Test("no country's examples of premium-rate, shared-cost and personal numbers are allowed anywhere")
    func dearExamples() {
        let dear = [ExampleNumbers.premium, ExampleNumbers.sharedCost, ExampleNumbers.personal]
            .flatMap(ExampleNumbers.all)
        #expect(dear.count > 180)
        for (country, number) in dear where !Self.changed.contains(country) {
            for policy in [self.policy(country), Self.american] {
                guard case .allowed = policy.check(number) else { continue }
                Issue.record("\(number) of \(country) is allowed")
            }
        }
    }
}
