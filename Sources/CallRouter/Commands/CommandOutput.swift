import Foundation

/// What commands print for people.
enum CommandOutput {
    /// Prints one line on standard output at once, also where that is a pipe.
    static func line(_ text: String) { Self.write(text, to: .standardOutput) }

    /// Prints one line on standard error.
    static func error(_ text: String) { Self.write(text, to: .standardError) }

    private static func write(_ text: String, to handle: FileHandle) {
        // A reader that has gone away is not our failure.
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }
}
