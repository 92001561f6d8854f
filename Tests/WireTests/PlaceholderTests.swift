import Testing

@Suite struct WirePlaceholderTests {
    @Test func builds() { #expect(Bool(true)) }
}
