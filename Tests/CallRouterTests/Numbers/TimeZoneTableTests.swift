import Foundation
import Testing

@testable import CallRouter

@Suite("The time zones of numbers")
struct TimeZoneTableTests {
    @Test("the longest known prefix decides")
    func longestPrefix() {
        let table = TimeZoneTable("Europe/London Europe/Jersey\n44\nEurope/London\n4420 44113\n44207\n")
        #expect(table.zones(of: "+441534123456").map(\.identifier) == ["Europe/London", "Europe/Jersey"])
        #expect(table.zones(of: "+442079460958").map(\.identifier) == ["Europe/London"])
        #expect(table.zones(of: "+4").isEmpty)
        #expect(table.zones(of: "+1").isEmpty)
        #expect(table.zones(of: "").isEmpty)
        #expect(table.zones(of: "+44\u{0}20").count == 2)
    }

    @Test(
        "the compiled table knows countries and area codes",
        arguments: [
            ("+12125550123", ["America/New_York"]), ("+14155550123", ["America/Los_Angeles"]),
            ("+18765550123", ["America/Jamaica"]), ("+4930123456", ["Europe/Berlin"]), ("+81312345678", ["Asia/Tokyo"]),
            ("+912212345678", ["Asia/Kolkata"]), ("+80012345678", []), ("+9991234567", []),
        ]
    )
    func compiled(number: String, zones: [String]) {
        #expect(TimeZoneTable.shared.zones(of: number).map(\.identifier) == zones)
    }

    @Test("this system knows every zone of the compiled table, and every country has one")
    func complete() {
        let names = Set(
            TimeZoneTable.data.split(separator: "\n").filter { $0.first?.isLetter == true }
                .flatMap { $0.split(separator: " ").map(String.init) }
        )
        #expect(names.count > 200)
        for name in names { #expect(TimeZone(identifier: name) != nil, "\(name)") }
        for (country, number) in ExampleNumbers.all(ExampleNumbers.ordinary) {
            #expect(!TimeZoneTable.shared.zones(of: number).isEmpty, "\(country)")
        }
    }

    @Test("whatever is asked, the answer is a list of zones")
    func fuzz() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5000 {
            let digits = (0..<Int.random(in: 0...18, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }
            let zones = TimeZoneTable.shared.zones(of: "+" + digits.joined())
            #expect(zones.count < 64)
        }
    }
}
