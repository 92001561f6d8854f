/// A message of the carrier that cannot be read; counted, never the end of a good call.
package struct CarrierMessageError: Error, Equatable, CustomStringConvertible {
    /// Length of the message.
    package let byteCount: Int
    /// What is wrong, in our own words: nothing of the message's contents.
    package let reason: String

    /// An error that names what is wrong, never what the message says.
    package init(byteCount: Int, reason: String) {
        self.byteCount = byteCount
        self.reason = reason
    }

    package var description: String {
        "The carrier sent a message of \(self.byteCount) bytes that cannot be read (\(self.reason)); it was skipped."
    }
}
