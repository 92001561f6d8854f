import Foundation

/// The recorded lines, read once; what has no recording is murmured.
package struct SpeechLibrary: Sendable {
    package static let shared = SpeechLibrary()

    private let recordings: [SpeechLine: SpeechClip]

    private init() {
        var recordings: [SpeechLine: SpeechClip] = [:]
        if let directory = Self.directory() {
            for line in SpeechLine.allCases {
                let file = directory.appendingPathComponent("\(line.rawValue).ulaw")
                // A line whose recording cannot be read is murmured, as one that has none.
                guard let data = try? Data(contentsOf: file), !data.isEmpty else { continue }
                recordings[line] = SpeechClip(text: line.text, line: line, muLaw: Array(data))
            }
        }
        self.recordings = recordings
    }

    /// The lines that have a recording; all of them, unless the program was moved without its resources.
    package var recordedLines: [SpeechLine] { SpeechLine.allCases.filter { self.recordings[$0] != nil } }

    package func clip(_ line: SpeechLine) -> SpeechClip {
        self.recordings[line] ?? Murmur.clip(text: line.text, line: line)
    }

    /// The recording of these words, or a murmur as long as they would take.
    package func clip(saying text: String) -> SpeechClip {
        guard let line = SpeechLine(text: text) else { return Murmur.clip(text: text) }
        return self.clip(line)
    }

    /// Where the resources lie beside the program or its test bundle.
    ///
    /// `Bundle.module` would end the process where a deployment has left them out; the stand-ins can do without.
    private static func directory() -> URL? {
        let name = "CallRouter_StandIns.resources/Speech"
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let places = [Bundle.main.bundleURL, program].map { $0.appendingPathComponent(name) }
        return places.first { FileManager.default.fileExists(atPath: $0.path) }
    }
}
