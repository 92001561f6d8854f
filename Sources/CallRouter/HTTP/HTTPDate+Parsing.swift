import Foundation

extension HTTPDate {
    /// The moment that a `Date` header names; nil where it is no date.
    ///
    /// Reads the one form that may be sent (IMF-fixdate, RFC 9110 §5.6.7); the day of the week is not compared.
    static func date(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[1].utf8.count == 2, words[5] == "GMT",
            let month = Self.monthNames.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return RFC3339.date("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }

    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
