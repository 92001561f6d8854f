import Testing

@Suite struct CallRouterPlaceholderTests {
    @Test func builds() { #expect(Bool(true)) }
}
