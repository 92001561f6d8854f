import Testing

@Suite struct StandInsPlaceholderTests {
    @Test func builds() { #expect(Bool(true)) }
}
