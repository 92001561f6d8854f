/// What 20 ms of sound are made of: how loud they are, and the one tone that they consist of, where they do.
package struct ToneFrame: Sendable, Equatable {
    /// The root of the mean square of the 16-bit samples, 0...32768.
    package var level: Float
    /// In hertz; nil where the frame is not one single tone between ``ToneAnalyzer/lowest`` and
    /// ``ToneAnalyzer/highest``.
    package var frequency: Float?

    package init(level: Float, frequency: Float? = nil) {
        self.level = level
        self.frequency = frequency
    }
}
