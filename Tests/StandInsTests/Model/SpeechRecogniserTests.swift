import StandIns
import Testing

@Suite struct SpeechRecogniserTests {
    private func hear(_ line: SpeechLine, _ range: Range<Int>, in recogniser: inout SpeechRecogniser) {
        for offset in range {
            let stamp = FrameStamp(source: 1, sequence: UInt32(offset), line: line.number, offset: UInt16(offset))
            recogniser.hear(stamp, isLoud: true)
        }
    }

    @Test("a line that arrived is understood, and forgotten afterwards")
    func whole() {
        var recogniser = SpeechRecogniser()
        let count = SpeechLibrary.shared.clip(.callerAccepts).frameCount
        self.hear(.callerAccepts, 0..<count, in: &recogniser)
        #expect(recogniser.utterance() == SpeechLine.callerAccepts.text)
        #expect(recogniser.isEmpty)
        #expect(recogniser.utterance() == nil)
    }

    @Test("of a line that arrived in part, only the words that arrived are understood")
    func part() throws {
        var recogniser = SpeechRecogniser()
        let count = SpeechLibrary.shared.clip(.callerProblem).frameCount
        self.hear(.callerProblem, 0..<count / 2, in: &recogniser)
        let half = recogniser.utterance()
        let text = try #require(half)
        #expect(SpeechLine.callerProblem.text.hasPrefix(text))
        #expect(text.count < SpeechLine.callerProblem.text.count)
        self.hear(.callerProblem, count / 2..<count, in: &recogniser)
        let other = recogniser.utterance()
        let rest = try #require(other)
        #expect(SpeechLine.callerProblem.text.hasSuffix(rest))
    }

    @Test("a line that is said twice is heard twice, and two lines are heard in their order")
    func several() {
        var recogniser = SpeechRecogniser()
        let count = SpeechLibrary.shared.clip(.callerDone).frameCount
        self.hear(.callerDone, 0..<count, in: &recogniser)
        self.hear(.callerDone, 0..<count, in: &recogniser)
        self.hear(.callerHours, 0..<SpeechLibrary.shared.clip(.callerHours).frameCount, in: &recogniser)
        let (done, hours) = (SpeechLine.callerDone.text, SpeechLine.callerHours.text)
        #expect(recogniser.utterance() == "\(done) \(done) \(hours)")
    }

    @Test("sounds that are no line are speech without words, silence is nothing")
    func unknown() {
        var recogniser = SpeechRecogniser()
        recogniser.hear(nil, isLoud: false)
        #expect(recogniser.isEmpty)
        recogniser.hear(nil, isLoud: true)
        #expect(!recogniser.isEmpty)
        #expect(recogniser.utterance() == nil)
    }
}
