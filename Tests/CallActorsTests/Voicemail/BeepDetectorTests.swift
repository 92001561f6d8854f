import NIOCore
import StandIns
import Testing
import Wire

@testable import CallActors

@Suite struct BeepDetectorTests {
    private func mailbox(
        _ frequency: Double = 1000,
        _ milliseconds: Int = 300,
        amplitude: Double = 8000
    ) -> (line: LineBuilder, end: Duration) {
        var line = LineBuilder()
        line.silence(217)
        line.tone(frequency, milliseconds, amplitude: amplitude)
        let end = line.duration
        line.silence(600)
        return (line, end)
    }

    private func expectBeep(_ heard: HeardLine, at end: Duration, _ comment: Comment) {
        guard heard.beeps.count == 1, let beep = heard.beeps.first else {
            Issue.record("\(heard.beeps.count) beeps: \(comment)")
            return
        }
        #expect(beep.end >= end - .milliseconds(25) && beep.end <= end + .milliseconds(25), comment)
        // What is left of the 300 ms is for the message's way out.
        #expect(beep.at - end >= .milliseconds(100) && beep.at - end <= .milliseconds(180), comment)
    }

    @Test("a beep of any pitch is heard, its end found, and confirmed by 100 ms of silence")
    func pitches() {
        for frequency in stride(from: 400.0, through: 2050, by: 37.5) {
            let (line, end) = self.mailbox(frequency)
            self.expectBeep(HeardLine(line.muLaw), at: end, "\(frequency) Hz")
        }
    }

    @Test("a beep of 120 ms to 1.5 s is heard, wherever it lies between two frames")
    func lengths() {
        for (index, milliseconds) in [120, 125, 133, 150, 200, 333, 500, 999, 1200, 1450].enumerated() {
            for offset in stride(from: 0, to: 20, by: 7) {
                var line = LineBuilder()
                line.silence(100 + offset)
                line.tone(440 + Double(index) * 150, milliseconds)
                let end = line.duration
                line.silence(500)
                self.expectBeep(HeardLine(line.muLaw), at: end, "\(milliseconds) ms, offset \(offset) ms")
            }
        }
    }

    @Test("loud and soft beeps are heard, from 3 to 43 dB below full scale")
    func levels() {
        for amplitude in [330.0, 500, 1000, 3000, 10_000, 32_000] {
            let (line, end) = self.mailbox(1000, amplitude: amplitude)
            self.expectBeep(HeardLine(line.muLaw), at: end, "amplitude \(amplitude)")
        }
    }

    @Test("however the audio is cut into pieces, the same is heard")
    func chunking() {
        var (line, _) = self.mailbox()
        line.speech(.machineGreeting)
        line.silence(300)
        line.tone(850, 400)
        line.silence(700)
        let whole = HeardLine(line.muLaw).events.map(\.event)
        #expect(whole.count { if case .beepEnded = $0 { true } else { false } } == 2)
        var random = SeededRandom(seed: 7)
        for _ in 0..<20 {
            let pieces = (0..<random.int(1...9)).map { _ in random.int(1...700) }
            #expect(HeardLine(line.muLaw, pieces: pieces).events.map(\.event) == whole, "pieces of \(pieces)")
        }
    }

    @Test("linear audio at 16 and 24 kHz is heard like µ-law")
    func linear() {
        let (line, end) = self.mailbox(1400)
        for rate in [8000, 16_000, 24_000] {
            let heard = HeardLine(line.linear(rate: rate), format: .l16(rate: rate), pieces: [rate / 50 * 2])
            self.expectBeep(heard, at: end, "\(rate) Hz")
        }
        #expect(LineEar(format: .l16(rate: 22_050)) == nil, "no whole number of samples")
    }

    @Test("what is not base64 is skipped")
    func malformed() throws {
        var ear = try #require(LineEar(format: .pcmu))
        ear.hear(base64: ByteBuffer(string: "§§§")) { _ in Issue.record("nothing to hear") }
        #expect(ear.heard == .zero)
    }

    @Test("a packet lost in the middle of a beep does not end it, nor is it two")
    func lostPacket() {
        var line = LineBuilder()
        line.silence(200)
        line.tone(1000, 160)
        line.silence(20)
        line.tone(1000, 160)
        let end = line.duration
        line.silence(500)
        self.expectBeep(HeardLine(line.muLaw), at: end, "with a hole")
    }

    @Test("no beep without silence after it: speech at once, another tone, or a tone that goes on")
    func unconfirmed() {
        var speech = LineBuilder()
        speech.tone(1000, 300)
        speech.speech(.callerHours)
        #expect(HeardLine(speech.muLaw).beeps.isEmpty)
        var melody = LineBuilder()
        for frequency in [523.0, 659, 784, 1047] { melody.tone(frequency, 300) }
        melody.silence(500)
        #expect(HeardLine(melody.muLaw).beeps.isEmpty)
        var long = LineBuilder()
        long.tone(1000, 1700)
        long.silence(500)
        #expect(HeardLine(long.muLaw).beeps.isEmpty)
        var short = LineBuilder()
        short.silence(100)
        short.tone(1000, 70)
        short.silence(500)
        #expect(HeardLine(short.muLaw).beeps.isEmpty)
    }

    @Test("no keypad digit is a beep, whichever of its tones is the louder")
    func keypad() {
        for digit in "0123456789*#ABCD" {
            guard let (low, high) = Tone.dtmfFrequencies(of: digit) else { continue }
            for (first, second) in [(6000.0, 6000.0), (8000, 3400), (4000, 6300)] {
                var line = LineBuilder()
                line.samples += Tone.mix(
                    Tone.sine(frequency: low, duration: .milliseconds(250), amplitude: first),
                    Tone.sine(frequency: high, duration: .milliseconds(250), amplitude: second)
                )
                line.silence(400)
                #expect(HeardLine(line.muLaw).beeps.isEmpty, "\(digit) at \(first) and \(second)")
            }
        }
    }

    @Test("speech over the silence after a beep is told once, an echo of our own voice is not")
    func follows() {
        var (line, _) = self.mailbox()
        line.speech(.callerProblem)
        let heard = HeardLine(line.muLaw).events.map(\.event)
        #expect(heard.count { if case .speechFollows = $0 { true } else { false } } == 1)
        var (quiet, _) = self.mailbox()
        quiet.samples += G711.decodeMuLaw(ByteBuffer(bytes: SpeechLibrary.shared.clip(.callerProblem).muLaw)).map {
            $0 / 12
        }
        let echo = HeardLine(quiet.muLaw).events.map(\.event)
        #expect(!echo.contains { if case .speechFollows = $0 { true } else { false } })
    }

    @Test("the length of what is said is told: its beginning, its going on, its pause")
    func speech() throws {
        var line = LineBuilder()
        line.silence(500)
        line.speech(.machineGreeting)
        let end = line.duration
        line.silence(600)
        let events = HeardLine(line.muLaw).events.map(\.event)
        guard case .speechBegan(let began)? = events.first else {
            Issue.record("nobody speaks")
            return
        }
        #expect(began >= .milliseconds(400) && began <= .milliseconds(700))
        let pause = events.last { if case .speechPaused = $0 { true } else { false } }
        #expect(try #require(pause).at >= end - .milliseconds(300) && #require(pause).at <= end)
        #expect(events.contains { if case .speechGoesOn = $0 { true } else { false } })
    }

    @Test("noise, loud or soft, is not speech and no beep")
    func noise() {
        var random = SeededRandom(seed: 3)
        for amplitude in [50, 300, 1000] {
            var line = LineBuilder()
            for _ in 0..<8000 * 4 { line.samples.append(Int16(random.int(-amplitude...amplitude))) }
            let events = HeardLine(line.muLaw).events
            #expect(events.allSatisfy { if case .speechBegan = $0.event { true } else { false } })
            #expect(HeardLine(line.muLaw).beeps.isEmpty)
        }
    }
}
