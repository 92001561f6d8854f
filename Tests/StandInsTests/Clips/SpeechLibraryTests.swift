import StandIns
import Testing
import Wire

@Suite struct SpeechLibraryTests {
    @Test("every line is recorded, and all recordings together are small")
    func recorded() {
        #expect(SpeechLibrary.shared.recordedLines == SpeechLine.allCases)
        let bytes = SpeechLine.allCases.reduce(0) { $0 + SpeechLibrary.shared.clip($1).muLaw.count }
        #expect(bytes < 700_000)
    }

    @Test("each line is heard as one turn: its pauses are shorter than the silence that ends a turn")
    func oneTurn() {
        for line in SpeechLine.allCases {
            var detector = VoiceActivityDetector()
            var events: [VoiceActivityDetector.Event] = []
            let clip = SpeechLibrary.shared.clip(line)
            for index in 0..<clip.frameCount + 40 {
                let frame = index < clip.frameCount ? Array(clip.muLaw[index * 160..<(index + 1) * 160]) : [0xFF]
                if let event = detector.process(level: AudioBytes.level(of: frame, format: .pcmu)) {
                    events.append(event)
                }
            }
            #expect(events.count == 2, "\(line.rawValue): \(events)")
        }
    }

    @Test("lines have numbers that lead back to them, and words that no other line has")
    func numbers() {
        for line in SpeechLine.allCases {
            #expect(SpeechLine(number: line.number) == line)
            #expect(SpeechLine(text: line.text) == line)
        }
        #expect(SpeechLine(number: 0) == nil)
        #expect(SpeechLine(number: UInt16(SpeechLine.allCases.count + 1)) == nil)
    }

    @Test("words without a recording are murmured as long as they take, loud enough to be speech")
    func murmur() {
        let clip = SpeechLibrary.shared.clip(saying: "Something that nobody has recorded.")
        #expect(clip.line == nil)
        #expect(clip.duration > .seconds(1))
        for index in 0..<clip.frameCount - 1 {
            let frame = Array(clip.muLaw[index * 160..<(index + 1) * 160])
            #expect(AudioBytes.level(of: frame, format: .pcmu) > 500)
        }
    }
}
