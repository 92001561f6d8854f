/// What the stand-in understands of the caller: it reads the stamps of the frames, so it hears words where known lines
/// were played, and only as many of them as arrived.
package struct SpeechRecogniser: Sendable {
    /// The lines heard since the last utterance, in order, with the frames of each that arrived.
    private var heard: [(line: SpeechLine, offsets: Set<UInt16>)] = []
    private var hasUnknownSpeech = false

    package init() {}

    /// Takes one frame: its stamp if it has one, and whether it was loud.
    package mutating func hear(_ stamp: FrameStamp?, isLoud: Bool) {
        guard let stamp, let line = SpeechLine(number: stamp.line) else {
            if isLoud { self.hasUnknownSpeech = true }
            return
        }
        // The same line again from its start is a second saying of it.
        if let last = self.heard.indices.last, self.heard[last].line == line,
            !self.heard[last].offsets.contains(stamp.offset)
        {
            self.heard[last].offsets.insert(stamp.offset)
        } else {
            self.heard.append((line, [stamp.offset]))
        }
    }

    /// The words heard since the last call, and forgets them; nil where somebody made sounds that are no known line.
    package mutating func utterance(library: SpeechLibrary = .shared) -> String? {
        defer { self = SpeechRecogniser() }
        let texts = self.heard.map { Self.words(of: $0.line, heard: $0.offsets, library) }.filter { !$0.isEmpty }
        return texts.isEmpty ? nil : texts.joined(separator: " ")
    }

    /// Nothing but silence was heard.
    package var isEmpty: Bool { self.heard.isEmpty && !self.hasUnknownSpeech }

    /// The whole text from nine tenths of the frames on, else the words that lie where frames arrived.
    private static func words(of line: SpeechLine, heard: Set<UInt16>, _ library: SpeechLibrary) -> String {
        let frameCount = library.clip(line).frameCount
        if heard.count * 10 >= frameCount * 9 { return line.text }
        let words = line.text.split(separator: " ")
        let kept = words.indices.filter { index in
            let range = index * frameCount / words.count..<max(1, (index + 1) * frameCount / words.count)
            let present = range.filter { heard.contains(UInt16($0)) }.count
            return present * 10 >= range.count * 8
        }
        return kept.map { String(words[$0]) }.joined(separator: " ")
    }
}
