import LoadKit
import Testing

@Suite("Text bars")
struct TextBarTests {
    @Test("A bar is as long as its value, to an eighth")
    func aBarIsAsLongAsItsValue() {
        #expect(TextBar.bar(10, full: 10, width: 4) == "████")
        #expect(TextBar.bar(5, full: 10, width: 4) == "██")
        #expect(TextBar.bar(1, full: 32, width: 4) == "▏")
        #expect(TextBar.bar(9, full: 32, width: 4) == "█▏")
    }

    @Test("Nothing, and what is no number, has no bar; too much is cut")
    func nothingHasNoBar() {
        #expect(TextBar.bar(0, full: 10, width: 4).isEmpty)
        #expect(TextBar.bar(.nan, full: 10, width: 4).isEmpty)
        #expect(TextBar.bar(1, full: 0, width: 4).isEmpty)
        #expect(TextBar.bar(11, full: 10, width: 4) == "███…")
    }
}
