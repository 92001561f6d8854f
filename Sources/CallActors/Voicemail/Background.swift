/// How loud the line is when nobody speaks: the quietest frame of the last one and a half to three seconds.
struct Background: Sendable {
    private var present = Float.infinity
    private var previous = Float.infinity
    private var count = 0

    /// Frames after which the present window becomes the previous one: 1.5 s.
    private static let window = 75

    /// The quietest frame; infinite before the first.
    var floor: Float { min(self.present, self.previous) }

    /// The quietest frame, 0 before the first.
    var level: Float { self.floor.isFinite ? self.floor : 0 }

    mutating func hear(_ level: Float) {
        self.present = min(self.present, level)
        self.count += 1
        guard self.count == Self.window else { return }
        self.previous = self.present
        self.present = .infinity
        self.count = 0
    }
}

/// Notices somebody who speaks where silence was expected.
///
/// Our own message may come back as an echo, some 20 dB below a voice on the line: only what is clearly louder counts.
struct SpeechWatch: Sendable {
    private var isOn = false
    private var loud = 0

    /// The level of a voice that is not an echo: about −36 dB of full scale.
    private static let voice: Float = 500
    /// Loud frames, less half of the quiet ones, that make it speech: about 200 ms of a voice.
    private static let enough = 20

    mutating func begin() {
        self.isOn = true
        self.loud = 0
    }

    /// Takes the next 20 ms; true once, when it is speech.
    mutating func hear(_ level: Float, noise: Float) -> Bool {
        guard self.isOn else { return false }
        let isLoud = level > max(Self.voice, 3 * noise)
        self.loud = isLoud ? self.loud + 2 : max(0, self.loud - 1)
        guard self.loud >= Self.enough else { return false }
        self.isOn = false
        return true
    }
}
