import Testing

@Suite struct CallActorsPlaceholderTests {
    @Test func builds() { #expect(Bool(true)) }
}
