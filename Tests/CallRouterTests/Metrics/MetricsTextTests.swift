import Testing

@testable import CallRouter

@Suite struct MetricsTextTests {
    @Test("numbers are written as a scraper reads them")
    func numbers() {
        #expect(MetricsText.number(0) == "0")
        #expect(MetricsText.number(-3) == "-3")
        #expect(MetricsText.number(0.0005) == "0.0005")
        #expect(MetricsText.number(1_700_000_000.25) == "1700000000.25")
        #expect(MetricsText.number(.infinity) == "+Inf")
        #expect(MetricsText.number(-.infinity) == "-Inf")
        #expect(MetricsText.number(.nan) == "NaN")
        for value in [1e-9, 1.5e-5, 1e15, 3.14e20, 123_456_789.123] {
            #expect(Double(MetricsText.number(value)) == value)
        }
    }

    @Test("backslashes, quotes and line feeds cannot break a line")
    func escapes() throws {
        var text = MetricsText()
        text.family("a", .gauge, "one\ntwo \\ \"three\"", label: "b", [("x\"y\\z\n", 1)])
        #expect(
            text.text == """
                # HELP a one\\ntwo \\\\ "three"
                # TYPE a gauge
                a{b="x\\"y\\\\z\\n"} 1

                """
        )
        #expect(throws: Never.self) { try PrometheusText(text.text) }
    }
}
