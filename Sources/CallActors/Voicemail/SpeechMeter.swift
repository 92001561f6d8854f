/// Tells when somebody speaks on the line, from loudness alone: enough to know how long they go on.
///
/// Allocates nothing.
package struct SpeechMeter: Sendable {
    /// The level of a voice on a quiet line, about −40 dB of full scale; echo of our own voice lies below it.
    private static let voice: Float = 320
    /// Loud frames that begin speech: 60 ms within a short time.
    private static let enough = 3
    /// Quiet frames that end it: 300 ms, the pause between two words being shorter.
    private static let pause = 15
    /// Between two notices that speech goes on: one second.
    private static let notice = 50

    private var loud = 0
    private var quiet = 0
    private var spoken = 0
    private var isSpeaking = false
    private var frameCount = 0

    package init() {}

    /// Takes the next 20 ms.
    ///
    /// - Parameters:
    ///   - level: Of the frame, as the root of its mean square.
    ///   - noise: Of the line when nobody speaks.
    ///   - isTone: A steady tone is no speech.
    /// - Returns: What changed.
    package mutating func hear(_ level: Float, noise: Float, isTone: Bool) -> LineEvent? {
        self.frameCount += 1
        let now = Duration.milliseconds(20 * self.frameCount)
        let isLoud = !isTone && level > max(Self.voice, 2.5 * noise)
        guard self.isSpeaking else {
            self.loud = isLoud ? self.loud + 1 : max(0, self.loud - 1)
            guard self.loud >= Self.enough else { return nil }
            self.isSpeaking = true
            self.quiet = 0
            self.spoken = 0
            return .speechBegan(at: now - .milliseconds(20 * Self.enough))
        }
        self.quiet = isLoud ? 0 : self.quiet + 1
        self.spoken += 1
        if self.quiet == Self.pause {
            self.isSpeaking = false
            self.loud = 0
            return .speechPaused(at: now - .milliseconds(20 * Self.pause))
        }
        return self.spoken % Self.notice == 0 ? .speechGoesOn(at: now) : nil
    }
}
