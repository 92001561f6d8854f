import ArgumentParser
import CallActors
import Foundation
import NIOCore
import StandIns
import Wire

/// `Benchmarks voicemail`: precision and recall of the beep detector on a generated corpus, and what a frame costs.
struct VoicemailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "voicemail",
        abstract: "Measures the beep detector on a generated corpus of line sounds."
    )

    @Option(help: "Sounds of each kind.")
    var sounds = 500

    @Option(help: "Chooses the sounds: the same seed makes the same ones.")
    var seed: UInt64 = 1

    @Option(help: "A folder of further recordings, *.ulaw (see scripts/make-voicemail-speech).")
    var speech: String?

    @Option(help: "Sounds to name of each kind that went wrong.")
    var failures = 0

    @Flag(help: "One JSON array on standard output, and nothing else.")
    var json = false

    func run() throws {
        let corpus = LineSoundCorpus(seed: self.seed, recordings: try self.recordings())
        if !self.json {
            print(Machine.description)
            Self.printRow(
                "",
                ["sounds", "hours", "found", "missed", "wrong", "in", "precision", "recall", "latest ms"]
            )
        }
        var scores: [LineSoundScore] = []
        var cost = Cost()
        for kind in LineSound.Kind.allCases {
            var score = LineSoundScore(kind: kind)
            for sound in corpus.sounds(of: kind, count: self.sounds) {
                score.add(sound, reported: Self.listen(to: sound, &cost))
            }
            scores.append(score)
            if !self.json { self.printScore(kind.rawValue, score) }
        }
        guard !self.json else { return try Self.printJSON(scores) }
        var beeps = LineSoundScore(kind: .beepAfterSpeech)
        var speech = LineSoundScore(kind: .speech)
        var all = LineSoundScore(kind: .beepAfterSpeech)
        for score in scores {
            if score.kind.holdsBeep || score.kind == .speech || score.kind == .noise { speech.add(score) }
            if score.kind.holdsBeep { beeps.add(score) }
            all.add(score)
        }
        self.printScore("beeps", beeps)
        self.printScore("beeps, speech and noise", speech)
        self.printScore("everything", all)
        print(String(format: "%.1f µs for each frame of 20 ms, base64 and µ-law decoded", cost.microsecondsPerFrame))
    }

    private func recordings() throws -> [[UInt8]] {
        guard let speech = self.speech else { return [] }
        let folder = URL(fileURLWithPath: speech, isDirectory: true)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "ulaw" }.sorted { $0.path < $1.path }
            .map { Array(try Data(contentsOf: $0)) }
    }

    private struct Cost {
        var nanoseconds: UInt64 = 0
        var frames = 0

        var microsecondsPerFrame: Double { Double(self.nanoseconds) / 1000 / Double(max(1, self.frames)) }
    }

    /// Where the beeps of a sound ended, and when that was said.
    private static func listen(to sound: LineSound, _ cost: inout Cost) -> [(end: Duration, at: Duration)] {
        guard var ear = LineEar(format: .pcmu) else { return [] }
        let frames = stride(from: 0, to: sound.muLaw.count, by: 160).map {
            Base64.encode(ByteBuffer(bytes: sound.muLaw[$0..<min($0 + 160, sound.muLaw.count)]))
        }
        var beeps: [(end: Duration, at: Duration)] = []
        let start = MonotonicTime.now
        for (index, frame) in frames.enumerated() {
            ear.hear(base64: frame) { event in
                if case .beepEnded(let end) = event { beeps.append((end, .milliseconds(20 * (index + 1)))) }
            }
        }
        cost.nanoseconds += MonotonicTime.now - start
        cost.frames += frames.count
        return beeps
    }

    // MARK: - Report

    private func printScore(_ name: String, _ score: LineSoundScore) {
        let isBeep = score.found + score.missed > 0
        Self.printRow(
            name,
            [
                "\(score.sounds)",
                String(format: "%.2f", score.duration / .seconds(3600)),
                isBeep ? "\(score.found)" : "–",
                isBeep ? "\(score.missed)" : "–",
                "\(score.wrong)",
                "\(score.soundsWithWrong)",
                isBeep ? String(format: "%.4f", score.precision) : "–",
                isBeep ? String(format: "%.4f", score.recall) : "–",
                isBeep ? String(format: "%.0f", score.latest / .milliseconds(1)) : "–",
            ]
        )
        for failure in score.failures.prefix(self.failures) { print("    \(failure)") }
        fflush(nil)
    }

    private static func printRow(_ name: String, _ columns: [String]) {
        let cells = columns.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
        print(name + String(repeating: " ", count: max(1, 30 - name.count)) + cells.joined())
    }

    private static func printJSON(_ scores: [LineSoundScore]) throws {
        let rows = scores.map { score -> [String: Any] in
            [
                "kind": score.kind.rawValue, "sounds": score.sounds, "found": score.found, "missed": score.missed,
                "wrong": score.wrong, "sounds_with_wrong": score.soundsWithWrong, "precision": score.precision,
                "recall": score.recall, "latest_ms": score.latest / .milliseconds(1),
            ]
        }
        let data = try JSONSerialization.data(withJSONObject: rows, options: [.prettyPrinted, .sortedKeys])
        print(String(decoding: data, as: UTF8.self))
    }
}
