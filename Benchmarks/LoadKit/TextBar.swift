/// A horizontal bar of text, to an eighth of a character.
package enum TextBar {
    private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The bar of `value` where `full` is `width` characters long; cut there with `…`.
    package static func bar(_ value: Double, full: Double, width: Int) -> String {
        guard value.isFinite, full.isFinite, full > 0, value > 0, width > 0 else { return "" }
        let parts = value / full * Double(width) * 8
        guard parts <= Double(width * 8) else { return String(repeating: "█", count: width - 1) + "…" }
        let whole = Int(parts.rounded())
        let rest = whole % 8
        return String(repeating: "█", count: whole / 8) + (rest > 0 ? String(Self.eighths[rest - 1]) : "")
    }
}
