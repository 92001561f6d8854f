extension Duration {
    /// The whole nanoseconds in it; exact up to 292 years, and clamped there.
    ///
    /// For up to 18 s of positive time, as everything is that is measured for each frame, it is one division of 64 bits,
    /// where `components` divides 128.
    package var wholeNanoseconds: Int {
        let attoseconds = self.attoseconds
        if let few = UInt64(exactly: attoseconds) { return Int(few / 1_000_000_000) }
        return Int(clamping: attoseconds / 1_000_000_000)
    }
}
